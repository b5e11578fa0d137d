import assert from "node:assert/strict";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { FakeClock } from "../../fake/clock.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { upstreamAt } from "./support.ts";
import { bearer, pull, signedIn, status, users } from "./signing_in.ts";

Deno.test("sign-in, one token request for all who wait, one token for each scope", async () => {
  await using fake = await bearer();
  await using upstream = upstreamAt(fake.url);
  const all = await Promise.all(Array.from({ length: 20 }, () => status(upstream)));
  assert.ok(all.every((code) => code === 200));
  assert.equal(fake.count("GET", /token/, "token"), 1);
  const other = {
    ...pull,
    path: "/v2/org/other/manifests/1",
    scopes: ["repository:org/other:pull"],
  };
  assert.equal(await status(upstream, other), 200);
  assert.equal(fake.count("GET", /token/, "token"), 2);
});

Deno.test("sign-in, a token is renewed before it ends", async () => {
  const clock = new FakeClock();
  await using fake = await bearer({ expiresIn: 300, now: clock.now });
  await using upstream = upstreamAt(fake.url, {}, { clock });
  await status(upstream);
  await clock.advance(280_000);
  await status(upstream);
  assert.equal(fake.count("GET", /token/, "token"), 1);
  await clock.advance(15_000);
  assert.equal(await status(upstream), 200);
  assert.equal(fake.count("GET", /token/, "token"), 2);
  assert.equal(fake.log.filter((seen) => seen.status === 401).length, 1, "only the first was bare");
});

Deno.test("sign-in, expires_in is 60 where absent, and never below", async () => {
  for (const expiresIn of [null, 5]) {
    const clock = new FakeClock();
    await using fake = await bearer({ expiresIn });
    await using upstream = upstreamAt(fake.url, {}, { clock });
    await status(upstream);
    await clock.advance(45_000);
    await status(upstream);
    assert.equal(fake.count("GET", /token/, "token"), 1);
    await clock.advance(10_000);
    await status(upstream);
    assert.equal(fake.count("GET", /token/, "token"), 2);
  }
});

Deno.test("sign-in, a token that the registry refuses is dropped and fetched once more", async () => {
  await using fake = await bearer();
  await using upstream = upstreamAt(fake.url);
  await status(upstream);
  fake.gate.revokeAll();
  assert.equal(await status(upstream), 200);
  assert.equal(fake.count("GET", /token/, "token"), 2);
  fake.fault({ path: /manifests/, times: Infinity, action: { kind: "answer", status: 401 } });
  assert.equal(await status(upstream), 401, "and not for ever");
});

Deno.test("sign-in, wider scopes that a challenge asks for are asked for at once next time", async () => {
  await using fake = await bearer({
    challenge: (realm, service) =>
      `Bearer realm="${realm}",service="${service}",scope="repository:org/app:pull"`,
  });
  await using upstream = upstreamAt(fake.url);
  const renamed = { ...pull, scopes: ["repository:renamed:pull"] };
  assert.equal(await status(upstream, renamed), 200);
  assert.equal(await status(upstream, renamed), 200);
  const tokens = fake.seen("GET", /token/, "token");
  assert.deepEqual(tokens.map(({ query }) => query.getAll("scope")), [
    ["repository:renamed:pull", "repository:org/app:pull"],
  ]);
});

Deno.test("TokenSource, a token endpoint that says 429: the token at hand is used again; never a 404", async () => {
  const clock = new FakeClock();
  await using fake = await bearer({ expiresIn: 300, now: clock.now });
  await using upstream = upstreamAt(fake.url, {}, { clock, retries: 0 });
  await status(upstream);
  fake.fault({
    server: "token",
    times: Infinity,
    action: { kind: "answer", status: 429, body: "slow down", headers: { "retry-after": "7" } },
  });
  await clock.advance(295_000);
  assert.equal(await status(upstream), 200, "about to end, and still good");
  const other = {
    ...pull,
    path: "/v2/org/other/manifests/1",
    scopes: ["repository:org/other:pull"],
  };
  await assert.rejects(upstream.request(other), (error) => {
    assert.ok(error instanceof UpstreamError);
    assert.deepEqual([error.kind, error.status, error.retryAfter], ["rate-limited", 429, 7]);
    return true;
  });
});

Deno.test("TokenSource, a realm that is not the registry's own gets neither token request nor password", async () => {
  await using stranger = await fakeRegistry();
  for (const realm of [stranger.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/"]) {
    await using fake = await bearer({ realm: `${realm}/token`, users });
    await using upstream = upstreamAt(fake.url, { auth: signedIn }, { retries: 0 });
    await assert.rejects(
      upstream.request(pull),
      { kind: "forbidden-target", message: /token server that is not its own/ },
    );
  }
  assert.equal(stranger.log.length, 0);
});

Deno.test("TokenSource, a realm under the registry's domain that resolves to loopback is refused", async () => {
  const resolve = (hostname: string) =>
    Promise.resolve(hostname === "registry.example.com" ? ["192.0.43.8"] : ["127.0.0.1"]);
  await using fake = await bearer({ realm: "http://auth.example.com/token" });
  const port = new URL(fake.url).port;
  const env = { http_proxy: fake.url }; // stands in for the registry's public address
  await using upstream = upstreamAt(`http://registry.example.com:${port}`, {}, {
    env,
    lookup: resolve,
    retries: 0,
  });
  await assert.rejects(upstream.request(pull), { kind: "forbidden-target" });
  assert.equal(fake.count("GET", /token/), 0);
});
