import assert from "node:assert/strict";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { upstreamAt } from "./support.ts";

const images = { "org/app:1": image(), "org/other:1": image({ seed: 2 }) };
const users = { ann: "hunter2" };
const mode = { auth: { mode: "client" } };
const pull = {
  method: "GET",
  path: "/v2/org/app/manifests/1",
  scopes: ["repository:org/app:pull"],
};
const basic = `Basic ${btoa("ann:hunter2")}`;

Deno.test("client mode, the registry's 401 comes back and nobody signs in", async () => {
  await using fake = await fakeRegistry({ images, auth: { scheme: "bearer", users } });
  await using upstream = upstreamAt(fake.url, mode);
  const { response } = await upstream.request(pull);
  assert.equal(response.status, 401);
  assert.match(response.headers.get("www-authenticate")!, /^Bearer realm=/);
  await response.body?.cancel();
  const ping = await upstream.ping();
  assert.equal(ping.status, 401);
  await ping.body?.cancel();
  assert.equal(fake.count("GET", /token/), 0);
});

Deno.test("token, a client's request keeps its scopes and reaches the registry's realm only", async () => {
  await using fake = await fakeRegistry({ images, auth: { scheme: "bearer", users } });
  await using upstream = upstreamAt(fake.url, mode);
  const params = new URLSearchParams([
    ["service", "berth.example"],
    ["scope", "repository:org/app:pull"],
    ["scope", "repository:org/other:pull,push"],
    ["account", "ann"],
  ]);
  const answer = await upstream.token({ method: "GET", params, authorization: basic });
  const { token } = await answer.json();
  const [asked] = fake.seen("GET", /token/, "token");
  assert.deepEqual(asked?.query.getAll("scope"), params.getAll("scope"));
  assert.equal(asked?.query.get("service"), "registry.test");
  assert.equal(asked?.headers.get("authorization"), basic);
  const { response } = await upstream.request({ ...pull, authorization: `Bearer ${token}` });
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("token, a POST form goes on as a form, and a refusal comes back as it is", async () => {
  await using fake = await fakeRegistry({ auth: { scheme: "bearer", users, anonymous: false } });
  await using upstream = upstreamAt(fake.url, mode);
  const form = { grant_type: "password", username: "ann", password: "hunter2", scope: "a b" };
  const good = await upstream.token({ method: "POST", params: new URLSearchParams(form) });
  assert.equal(good.status, 200);
  await good.body?.cancel();
  const [asked] = fake.seen("POST", /token/);
  assert.equal(new URLSearchParams(new TextDecoder().decode(asked?.body)).get("scope"), "a b");
  const bad = await upstream.token({ method: "GET", params: new URLSearchParams() });
  assert.equal(bad.status, 401);
  await bad.body?.cancel();
});

Deno.test("token, a realm elsewhere is not told the client's credentials", async () => {
  await using stranger = await fakeRegistry();
  const realm = `${stranger.url.replace("127.0.0.1", "127.0.0.2")}/token`;
  await using fake = await fakeRegistry({ auth: { scheme: "bearer", realm } });
  await using upstream = upstreamAt(fake.url, mode);
  const asking = upstream.token({
    method: "GET",
    params: new URLSearchParams(),
    authorization: basic,
  });
  await assert.rejects(asking, { kind: "forbidden-target" });
  await using open = await fakeRegistry();
  await using without = upstreamAt(open.url, mode);
  const nobody = without.token({ method: "GET", params: new URLSearchParams() });
  await assert.rejects(nobody, { kind: "token-server", message: /does not hand out tokens/ });
});

Deno.test("challenge, asked once for all, kept, and kept on while the registry is down", async () => {
  const clock = new FakeClock();
  await using fake = await fakeRegistry({ auth: { scheme: "bearer" } });
  await using upstream = upstreamAt(fake.url, mode, { clock });
  const both = await Promise.all([upstream.challenge(), upstream.challenge()]);
  assert.equal(both[0]?.params.service, "registry.test");
  await upstream.challenge();
  assert.equal(fake.log.length, 1);
  await clock.advance(6 * 60_000);
  fake.fault({ action: { kind: "answer", status: 503 } });
  assert.deepEqual(await upstream.challenge(), both[0]);
  assert.equal(fake.log.length, 2);
});
