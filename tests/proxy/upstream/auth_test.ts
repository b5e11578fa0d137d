import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { FakeClock } from "../../fake/clock.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";
import type { BearerAuth } from "../../fake/token.ts";
import { upstreamAt } from "./support.ts";
import { bearer, images, protectedBy, pull, signedIn, status, users } from "./signing_in.ts";

Deno.test("sign-in, Basic: the ping says so, then every request carries it", async () => {
  await using fake = await protectedBy({ scheme: "basic", users });
  await using upstream = upstreamAt(fake.url, { auth: signedIn });
  assert.equal(await status(upstream), 200);
  assert.equal(await status(upstream), 200);
  assert.deepEqual(fake.log.map(({ path, status }) => [path, status]), [
    ["/v2/", 401],
    [pull.path, 200],
    [pull.path, 200],
  ]);
  await using stranger = upstreamAt(fake.url);
  assert.equal(await status(stranger), 401);
});

Deno.test("sign-in, Bearer with a user: only the token server sees the password", async () => {
  await using fake = await bearer({ users, anonymous: false });
  await using upstream = upstreamAt(fake.url, { auth: signedIn });
  assert.equal(await status(upstream), 200);
  const [asked] = fake.seen("GET", /token/, "token");
  assert.equal(asked?.query.get("account"), "ann");
  assert.equal(asked?.query.get("service"), "registry.test");
  assert.deepEqual(asked?.query.getAll("scope"), pull.scopes);
  assert.match(asked?.headers.get("authorization") ?? "", /^Basic /);
  for (const { headers } of fake.log.filter(({ server }) => server === "registry")) {
    assert.doesNotMatch(headers.get("authorization") ?? "", /^Basic/);
  }
});

Deno.test("sign-in, token_server: the credentials are for that host alone", async () => {
  const auth = (token_server: string) => ({ auth: { ...signedIn, token_server } });
  await using fake = await bearer({ users, private: ["org/app"] });
  await using right = upstreamAt(fake.url, auth("127.0.0.1"));
  assert.equal(await status(right), 200);
  const told = () => fake.log.filter(({ headers }) => /^Basic/.test(headers.get("authorization")!));
  assert.deepEqual([...new Set(told().map(({ server }) => server))], ["token"]);
  const before = told().length;
  await using other = upstreamAt(fake.url, auth("git.example.com"));
  assert.equal(await status(other), 401);
  await using basic = await protectedBy({ scheme: "basic", users });
  await using direct = upstreamAt(basic.url, auth("git.example.com"));
  assert.equal(await status(direct), 401);
  assert.equal(told().length, before);
  assert.ok(basic.log.every(({ headers }) => !headers.has("authorization")));
});

Deno.test("sign-in, logins: each is told its own host, whatever the challenge", async () => {
  const other = { username: "other", password: "pw" };
  const told = (fake: FakeRegistry) =>
    fake.log.flatMap(({ server, headers }) => {
      const [, text] = /^Basic (.+)$/.exec(headers.get("authorization") ?? "") ?? [];
      return text ? [`${server} ${Buffer.from(text, "base64").toString().split(":")[0]}`] : [];
    });
  const port = (url: string) => new URL(url).port;
  const table: Record<
    string,
    { logins: (fake: FakeRegistry) => Record<string, unknown>; status: number; told: string[] }
  > = {
    "one for the token server, one for another host": {
      logins: () => ({ "127.0.0.1": signedIn, "git.ex.test": other }),
      status: 200,
      told: ["token ann"],
    },
    "for the token server with its port, and for the registry": {
      logins: ({ url, tokenUrl }) => ({
        [`127.0.0.1:${port(url)}`]: other,
        [`127.0.0.1:${port(tokenUrl)}`]: signedIn,
      }),
      status: 200,
      told: ["token ann"],
    },
    "for the registry's own port: nothing for the token server": {
      logins: ({ url }) => ({ [`127.0.0.1:${port(url)}`]: signedIn }),
      status: 401,
      told: [],
    },
    "for other hosts alone": {
      logins: () => ({ "git.ex.test": signedIn, "ex.test": other }),
      status: 401,
      told: [],
    },
  };
  for (const [title, { logins, ...expected }] of Object.entries(table)) {
    await using fake = await bearer({ users, private: ["org/app"] });
    await using upstream = upstreamAt(fake.url, { auth: { logins: logins(fake) } });
    assert.equal(await status(upstream), expected.status, title);
    assert.deepEqual([...new Set(told(fake))], expected.told, title);
  }
  await using basic = await protectedBy({ scheme: "basic", users });
  await using own = upstreamAt(basic.url, {
    auth: { logins: { "git.ex.test": other, [`127.0.0.1:${port(basic.url)}`]: signedIn } },
  });
  assert.equal(await status(own), 200);
  assert.deepEqual([...new Set(told(basic))], ["registry ann"]);
  await using away = upstreamAt(basic.url, { auth: { logins: { "127.0.0.1:1": signedIn } } });
  assert.equal(await status(away), 401);
});

Deno.test("sign-in, a fixed header goes out as it is, without a handshake", async () => {
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url, { auth: { header: "Bearer fixed" } });
  await using keyed = upstreamAt(fake.url, { auth: { header: "X-Api-Key: k" } });
  assert.equal(await status(upstream), 200);
  assert.equal(await status(keyed), 200);
  assert.deepEqual(
    fake.log.map(({ headers }) => [headers.get("authorization"), headers.get("x-api-key")]),
    [["Bearer fixed", null], [null, "k"]],
  );
});

Deno.test("sign-in, an identity token is exchanged by the OAuth 2 form", async () => {
  await using fake = await bearer({
    anonymous: false,
    identityTokens: { "id-1": "ann" },
    field: "access_token",
  });
  await using upstream = upstreamAt(fake.url, { auth: { identity_token: "id-1" } });
  assert.equal(await status(upstream), 200);
  const [asked] = fake.seen("POST", /token/, "token");
  assert.deepEqual(Object.fromEntries(new URLSearchParams(new TextDecoder().decode(asked?.body))), {
    grant_type: "refresh_token",
    client_id: "berth",
    service: "registry.test",
    scope: "repository:org/app:pull",
    refresh_token: "id-1",
  });
});

Deno.test("sign-in, quirks of challenges", async () => {
  const table: Record<string, Omit<BearerAuth, "scheme">> = {
    "access_token only (ACR)": { field: "access_token" },
    "both fields": { field: "both" },
    "no service (nvcr.io)": { service: "" },
    "two challenges on a line": {
      challenge: (realm, service, scope) =>
        `Basic realm="x", Bearer realm="${realm}",service="${service}",scope="${scope}"`,
    },
    "commas in quoted values": {
      challenge: (realm, service, scope) =>
        `Bearer realm="${realm}?a=1,2",scope="${scope},push",service="${service}",error="a, b"`,
    },
    "challenge on the ping only (GCR)": { challengeOn: "ping" },
  };
  for (const [quirk, options] of Object.entries(table)) {
    await using fake = await bearer(options);
    await using upstream = upstreamAt(fake.url);
    assert.equal(await status(upstream), 200, quirk);
    assert.equal(await status(upstream), 200, quirk);
  }
});

Deno.test("sign-in, a bad token that hides the challenge is left out (nvcr.io)", async () => {
  await using fake = await bearer({ challengeOn: "bare" });
  await using upstream = upstreamAt(fake.url);
  await status(upstream);
  fake.gate.revokeAll();
  assert.equal(await status(upstream), 200);
});

Deno.test("sign-in, an expired token that is a 400 (ECR public)", async () => {
  const clock = new FakeClock();
  await using fake = await bearer({ expiredStatus: 400, expiresIn: 100, now: clock.now });
  await using upstream = upstreamAt(fake.url);
  assert.equal(await status(upstream), 200);
  await clock.advance(200_000);
  assert.equal(await status(upstream), 200);
  assert.equal(fake.count("GET", /token/, "token"), 2);
});

Deno.test("sign-in, a refusal for this repository is the registry's own 401", async () => {
  await using fake = await bearer({ private: ["org/app"] });
  await using upstream = upstreamAt(fake.url);
  assert.equal(await status(upstream), 401);
  fake.fault({ server: "token", times: 9, action: { kind: "answer", status: 403, body: "{}" } });
  assert.equal(await status(upstream), 401);
});

Deno.test("sign-in, a wrong password is an error that names no secret", async () => {
  await using fake = await bearer({ users, anonymous: false });
  await using upstream = upstreamAt(fake.url, { auth: { username: "ann", password: "hunter2" } });
  await assert.rejects(upstream.request(pull), (error) => {
    assert.ok(error instanceof UpstreamError);
    assert.equal(error.kind, "auth");
    assert.equal(error.message, "test: it refused the configured sign-in");
    return true;
  });
});

Deno.test("sign-in, a token server that answers nonsense is an error in words", async () => {
  const answers = [
    { status: 200, body: "<html>maintenance</html>" },
    { status: 200, body: "" },
    { status: 200, body: "[]" },
    { status: 200, body: '{"token":""}' },
    { status: 200, body: '{"token":"a\\nb"}' },
    { status: 200, body: `{"token":"${"x".repeat(2 << 20)}"}` },
    { status: 302, body: "", headers: { location: "/elsewhere" } },
  ];
  for (const answer of answers) {
    await using fake = await bearer();
    fake.fault({ server: "token", action: { kind: "answer", ...answer } });
    await using upstream = upstreamAt(fake.url, {}, { retries: 0 });
    await assert.rejects(upstream.request(pull), { kind: "token-server", status: 502 });
  }
  await using fake = await bearer();
  fake.fault({ server: "token", action: { kind: "answer", status: 500 } });
  await using upstream = upstreamAt(fake.url, {}, { retries: 0 });
  await assert.rejects(upstream.request(pull), { kind: "unavailable", status: 503 });
});

Deno.test("sign-in, a redirect's target may challenge on its own and is met anonymously", async () => {
  await using region = await bearer({ users });
  await using front = await fakeRegistry({
    images,
    redirect: { to: () => `${region.url}${pull.path}`, manifests: true },
    auth: { scheme: "basic", users },
  });
  await using upstream = upstreamAt(front.url, { auth: signedIn });
  assert.equal(await status(upstream), 200);
  assert.deepEqual(
    region.seen("GET", /token/, "token").map((seen) => seen.headers.get("authorization")),
    [
      null,
    ],
  );
  const sent = region.seen("GET", /manifests/).map((seen) => seen.headers.get("authorization"));
  assert.equal(sent[0], null);
  assert.match(sent[1]!, /^Bearer token-1-anonymous$/);
});

Deno.test("ping, signed in; a registry without sign-in gets the user's Basic", async () => {
  await using closed = await bearer({ users, anonymous: false });
  await using open = await fakeRegistry();
  for (const fake of [closed, open]) {
    await using upstream = upstreamAt(fake.url, { auth: signedIn });
    const response = await upstream.ping();
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }
  assert.match(open.log.at(-1)?.headers.get("authorization") ?? "", /^Basic/);
});

Deno.test("sign-in, with the login that docker keeps for this registry", async () => {
  await using fake = await bearer({ users, anonymous: false });
  const file = await Deno.makeTempFile();
  try {
    const auth = Buffer.from("ann:s3cret-päss").toString("base64");
    await Deno.writeTextFile(file, JSON.stringify({ auths: { [fake.host]: { auth } } }));
    await using upstream = upstreamAt(fake.url, { auth: { docker_config: file } });
    assert.equal(await status(upstream), 200);
  } finally {
    await Deno.remove(file);
  }
});
