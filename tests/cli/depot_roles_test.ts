import assert from "node:assert/strict";
import type { S3Keys } from "../../cache/depot_options.ts";
import { roleKeys, type RoleOptions } from "../../cli/depot_roles.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3600e3;

interface Asked {
  line: string;
  headers: Headers;
  body: string;
  near: boolean;
}

type Reply = (asked: Asked) => Response | Promise<Response>;

/** AWS as `reply` says, with a clock and files of the test's own. */
function fixture(env: Record<string, string>, reply: Reply, files: Record<string, string> = {}) {
  const clock = { now: START };
  const asked: Asked[] = [];
  const by = (near: boolean): RoleOptions["send"] => async ({ method, url, headers, body }) => {
    const text = body ? await new Response(body).text() : "";
    const one = { line: `${method} ${url}`, headers, body: text, near };
    asked.push(one);
    return await reply(one);
  };
  const keys = roleKeys({
    env,
    region: "eu-west-3",
    send: by(false),
    sendNear: by(true),
    readText: (file) =>
      file in files ? Promise.resolve(files[file]!) : Promise.reject(new Error(`no ${file}`)),
    now: () => clock.now,
  });
  return { clock, asked, keys, files };
}

/** Keys number `n`, good for an hour from `at` on, as the agents of AWS give them. */
const lent = (n: number, at: number) => ({
  AccessKeyId: `AK${n}`,
  SecretAccessKey: `secret${n}`,
  Token: `token${n}`,
  Expiration: new Date(at + HOUR).toISOString(),
});
const keysOf = (n: number): S3Keys => ({
  accessKeyId: `AK${n}`,
  secretAccessKey: `secret${n}`,
  sessionToken: `token${n}`,
});

const WEB = { AWS_ROLE_ARN: "arn:aws:iam::1:role/berth", AWS_WEB_IDENTITY_TOKEN_FILE: "/token" };
const POD = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/token",
};

function sts(n: number, at: number): Response {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = lent(n, at);
  return new Response(
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>" +
      `<AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}` +
      `</SecretAccessKey><SessionToken>${Token}</SessionToken><Expiration>${Expiration}` +
      "</Expiration></Credentials></AssumeRoleWithWebIdentityResult>" +
      "</AssumeRoleWithWebIdentityResponse>",
  );
}

Deno.test("roleKeys, web identity: at the region's STS, once for all, and again before they end", async () => {
  let n = 0;
  const t = fixture(WEB, () => sts(++n, t.clock.now), { "/token": "first\n" });
  const all = await Promise.all([t.keys(), t.keys(), t.keys()]);
  for (const keys of all) assert.deepEqual(keys, keysOf(1));
  assert.deepEqual(t.asked.map(({ line }) => line), ["POST https://sts.eu-west-3.amazonaws.com/"]);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(t.asked[0]!.body)), {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: WEB.AWS_ROLE_ARN,
    RoleSessionName: "berth",
    WebIdentityToken: "first",
  });
  assert.equal(t.asked[0]!.headers.get("authorization"), null);
  t.clock.now += 55 * 60e3 - 1;
  assert.deepEqual(await t.keys(), keysOf(1));
  // The kubelet writes another token into the file.
  t.files["/token"] = "second";
  t.clock.now += 1;
  assert.deepEqual(await t.keys(), keysOf(2));
  assert.match(t.asked[1]!.body, /WebIdentityToken=second/);
});

Deno.test("roleKeys, those that are good are used while new ones cannot be had, and no longer", async () => {
  let away = false;
  const t = fixture(
    WEB,
    () => away ? new Response("", { status: 503 }) : sts(1, START),
    { "/token": "x" },
  );
  await t.keys();
  away = true;
  t.clock.now += 56 * 60e3;
  assert.deepEqual(await t.keys(), keysOf(1));
  assert.deepEqual(await t.keys(), keysOf(1));
  assert.equal(t.asked.length, 2, "at most once a minute");
  t.clock.now += 4 * 60e3;
  await assert.rejects(t.keys(), /AWS_WEB_IDENTITY_TOKEN_FILE: it answered 503/);
});

Deno.test("roleKeys, a task's or pod's agent, with what its token file says", async () => {
  const reply: Reply = () => Response.json(lent(1, START));
  const pod = fixture(POD, reply, { "/token": "pod-token\n" });
  assert.deepEqual(await pod.keys(), keysOf(1));
  const [asked] = pod.asked;
  assert.equal(asked!.line, "GET http://169.254.170.23/v1/credentials");
  assert.equal(asked!.headers.get("authorization"), "pod-token");
  assert.equal(asked!.near, true);
  const task = fixture({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/x" }, reply);
  assert.deepEqual(await task.keys(), keysOf(1));
  assert.equal(task.asked[0]!.line, "GET http://169.254.170.2/v2/x");
});

Deno.test("roleKeys, plain HTTP goes to the agents of AWS and to this machine alone", async () => {
  const uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  for (
    const [name, url, allowed] of [
      [uri, "http://127.0.0.1:51679/x", true],
      [uri, "http://[fd00:ec2::23]/x", true],
      [uri, "https://keys.example/x", true],
      [uri, "http://169.254.169.254/x", false],
      [uri, "http://evil.example/x", false],
      [uri, "http://127.0.0.1.evil.example/x", false],
      [uri, "file:///etc/passwd", false],
      [uri, "nothing", false],
      ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/x", false],
    ] as const
  ) {
    const t = fixture({ [name]: url }, () => Response.json(lent(1, START)));
    if (allowed) assert.deepEqual(await t.keys(), keysOf(1), url);
    else await assert.rejects(t.keys(), new RegExp(`access_key_id: ${name}: expected https`), url);
    assert.equal(t.asked.length, allowed ? 1 : 0);
  }
});

Deno.test("roleKeys, the machine's, by a token of its own (IMDSv2)", async () => {
  const t = fixture({}, ({ line, headers }) => {
    if (line.startsWith("PUT")) return new Response("imds-token");
    if (headers.get("x-aws-ec2-metadata-token") !== "imds-token") {
      return new Response("", { status: 401 });
    }
    return line.endsWith("/") ? new Response("my-role") : Response.json(lent(1, START));
  });
  assert.deepEqual(await t.keys(), keysOf(1));
  const base = "http://169.254.169.254/latest";
  assert.deepEqual(t.asked.map(({ line }) => line), [
    `PUT ${base}/api/token`,
    `GET ${base}/meta-data/iam/security-credentials/`,
    `GET ${base}/meta-data/iam/security-credentials/my-role`,
  ]);
  assert.ok(t.asked.every(({ near }) => near));
});

Deno.test("roleKeys, errors say what was tried, and nothing of what was sent", async () => {
  const denied = "<Error><Code>ExpiredTokenException</Code><Message>secret-token</Message></Error>";
  const files = { "/token": "secret-token" };
  const table: [Record<string, string>, Reply, RegExp][] = [
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: "/token" }, () => sts(1, START), /AWS_ROLE_ARN is missing/],
    [WEB, () => new Response(denied, { status: 400 }), /FILE: it answered 400 ExpiredTokenExc/],
    [WEB, () => new Response("<x/>"), /AWS_WEB_IDENTITY_TOKEN_FILE: its answer has no keys/],
    [{ ...WEB, AWS_WEB_IDENTITY_TOKEN_FILE: "/none" }, () => sts(1, 0), /TOKEN_FILE: no \/none/],
    [WEB, () => Response.redirect("https://evil.example/"), /it answered 302/],
    [POD, () => new Response("<html>"), /FULL_URI: its answer is no JSON/],
    [POD, () => Response.json({ Code: "AccessDenied" }), /FULL_URI: its answer has no keys/],
    [{}, () => Promise.reject(new Error("timed out")), /no key, .* and no role: .*timed out/],
  ];
  for (const [env, reply, words] of table) {
    const t = fixture(env, reply, files);
    await assert.rejects(t.keys(), (error: Error) => {
      assert.match(error.message, words);
      assert.match(error.message, /^cache\.depot\.access_key_id: /);
      assert.doesNotMatch(error.message, /secret-token/);
      return true;
    });
  }
  const disabled = { AWS_EC2_METADATA_DISABLED: "true" };
  assert.throws(() => fixture(disabled, () => sts(1, 0)), /AWS_EC2_METADATA_DISABLED is$/);
});
