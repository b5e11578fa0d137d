import assert from "node:assert/strict";
import { ecrCall } from "../../../proxy/upstream/ecr.ts";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { type Answer, FaultBook, type Seen, serveWire } from "../../fake/wire.ts";
import { registryAt, upstreamAt } from "./support.ts";

const pull = { method: "GET", path: "/v2/org/app/manifests/1", scopes: [] };
const keys = { access_key_id: "AKIDEXAMPLE", secret_access_key: "secret-key" };

/** GetAuthorizationToken as AWS answers it; passwords are numbered. */
async function fakeEcrApi(now: () => number) {
  const log: Seen[] = [];
  const faults = new FaultBook();
  let count = 0;
  const wire = await serveWire({
    name: "ecr",
    log,
    faults,
    handler: (): Answer => ({
      status: 200,
      body: JSON.stringify({
        authorizationData: [{
          authorizationToken: btoa(`AWS:password-${++count}`),
          expiresAt: now() / 1000 + 12 * 3600,
        }],
      }),
    }),
  });
  return { url: wire.url, log, faults, [Symbol.asyncDispose]: () => wire.close() };
}

Deno.test("ECR, a password bought with AWS keys, signed, and renewed before twelve hours", async () => {
  const clock = new FakeClock(Date.UTC(2026, 4, 6, 7, 8, 9));
  await using api = await fakeEcrApi(clock.now);
  await using fake = await fakeRegistry({
    images: { "org/app:1": image() },
    auth: { scheme: "basic", users: { AWS: "password-1" } },
  });
  const ecr = { ...keys, region: "eu-west-1", endpoint: api.url, session_token: "session" };
  await using upstream = upstreamAt(fake.url, { auth: { ecr } }, { clock });
  const status = async () => {
    const { response } = await upstream.request(pull);
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual(await Promise.all([status(), status()]), [200, 200]);
  assert.equal(api.log.length, 1);
  const { headers, method, body } = api.log[0]!;
  assert.equal(method, "POST");
  assert.equal(new TextDecoder().decode(body), "{}");
  assert.equal(
    headers.get("x-amz-target"),
    "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  );
  assert.match(
    headers.get("authorization")!,
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260506\/eu-west-1\/ecr\/aws4_request/,
  );
  assert.equal(headers.get("x-amz-date"), "20260506T070809Z");
  assert.equal(headers.get("x-amz-security-token"), "session");
  await clock.advance(11 * 3600_000);
  assert.equal(await status(), 200);
  assert.equal(api.log.length, 1);
  api.faults.add({ action: { kind: "answer", status: 500 } });
  await clock.advance(3600_000 * 0.75);
  assert.equal(await status(), 200, "a renewal that fails keeps what still works");
  assert.equal(api.log.length, 2);
  assert.equal(await status(), 401, "password-2 is not known to this registry");
  assert.equal(api.log.length, 3);
});

Deno.test("ECR, a refusal and missing keys are errors in words", async () => {
  const clock = new FakeClock();
  await using api = await fakeEcrApi(clock.now);
  api.faults.add({ action: { kind: "answer", status: 400, body: "secret-key is wrong" } });
  const ecr = { ...keys, region: "eu-west-1", endpoint: api.url };
  await using refused = upstreamAt("http://127.0.0.1:9", { auth: { ecr } });
  await assert.rejects(refused.request(pull), {
    kind: "auth",
    message: "test: AWS did not give an authorization token (status 400)",
  });
  await using unset = upstreamAt("http://127.0.0.1:9", { auth: { ecr: {} } });
  await assert.rejects(unset.request(pull), {
    kind: "auth",
    message: /needs a region and AWS keys/,
  });
  assert.equal(clock.pending, 0);
});

Deno.test("ecrCall, region and keys from where they are", () => {
  const host = "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com";
  const env = { AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "S", AWS_SESSION_TOKEN: "T" };
  const fromEnv = ecrCall(registryAt(host, { auth: { ecr: {} } }), env);
  assert.deepEqual(fromEnv, {
    url: "https://api.ecr.eu-central-1.amazonaws.com/",
    region: "eu-central-1",
    accessKeyId: "A",
    secretAccessKey: "S",
    sessionToken: "T",
  });
  const configured = ecrCall(
    registryAt(host, { auth: { ecr: { ...keys, region: "cn-north-1" } } }),
    env,
  );
  assert.deepEqual(configured, {
    url: "https://api.ecr.cn-north-1.amazonaws.com.cn/",
    region: "cn-north-1",
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "secret-key",
  });
  const region = ecrCall(registryAt("https://r.test", { auth: { ecr: keys } }), {
    AWS_REGION: "us-east-1",
  });
  assert.equal(region?.region, "us-east-1");
  assert.equal(ecrCall(registryAt("https://r.test", { auth: { ecr: keys } }), {}), undefined);
});
