import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { adminFixture, cheapHash, PASSWORD } from "../../fake/admin.ts";

const right = { username: "admin", password: PASSWORD };

Deno.test("login, a cookie that scripts cannot read and other sites cannot send", async () => {
  await using admin = await adminFixture();
  const response = await admin.ask("/api/v1/login", { body: right });
  assert.equal(response.status, 200);
  const cookie = response.headers.get("set-cookie")!;
  assert.match(cookie, /^berth_session=[\w-]+\.[\w-]{43}; /);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.match(cookie, /Max-Age=604800/);
  assert.doesNotMatch(cookie, /Secure/);
  assert.deepEqual(await response.json(), {
    signedIn: true,
    auth: "required",
    oidc: null,
    username: "admin",
    rights: ["metrics", "read", "cache", "registries", "admin"],
    expires: admin.clock.now + 7 * 86400e3,
  });
});

Deno.test("login, Secure and __Host- with TLS, also behind a trusted proxy", async () => {
  await using admin = await adminFixture("trusted_proxies: [192.0.2.0/24]");
  for (
    const [path, headers] of [
      ["https://berth.example/api/v1/login", {}],
      ["/api/v1/login", { "x-forwarded-proto": "https" }],
    ] as const
  ) {
    const response = await admin.ask(path, { body: right, headers });
    assert.match(response.headers.get("set-cookie")!, /^__Host-berth_session=.*; Secure/);
    await response.body?.cancel();
  }
});

Deno.test("login, wrong name or password is a 401 that does not tell which", async () => {
  await using admin = await adminFixture();
  const bodies = [];
  for (const body of [{ ...right, password: "x" }, { ...right, username: "root" }]) {
    const response = await admin.ask("/api/v1/login", { body });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("set-cookie"), null);
    bodies.push(await response.text());
  }
  assert.equal(bodies[0], bodies[1]);
});

Deno.test("login, after five failures the address waits, others do not", async () => {
  await using admin = await adminFixture();
  const wrong = { body: { ...right, password: "x" } };
  for (let i = 0; i < 5; i++) assert.equal((await admin.ask("/api/v1/login", wrong)).status, 401);
  const limited = await admin.ask("/api/v1/login", { body: right });
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get("retry-after"), "30");
  assert.match((await limited.json()).detail, /30 seconds/);
  assert.equal((await admin.ask("/api/v1/login", { body: right, from: "192.0.2.9" })).status, 200);
  admin.clock.now += 30e3;
  assert.equal((await admin.ask("/api/v1/login", { body: right })).status, 200);
});

Deno.test("login, not under an id that the client brought, and the old session ends", async () => {
  await using admin = await adminFixture();
  const planted = "berth_session=" + "A".repeat(43);
  const response = await admin.ask("/api/v1/login", { body: right, headers: { cookie: planted } });
  const first = response.headers.get("set-cookie")!.split(";")[0]!;
  assert.notEqual(first, planted);
  const again = await admin.ask("/api/v1/login", { body: right, headers: { cookie: first } });
  const second = again.headers.get("set-cookie")!.split(";")[0]!;
  assert.equal((await admin.ask("/api/v1/stats", { headers: { cookie: first } })).status, 401);
  assert.equal((await admin.ask("/api/v1/stats", { headers: { cookie: second } })).status, 200);
});

Deno.test("session, says who is signed in until it ends", async () => {
  await using admin = await adminFixture();
  const cookie = await admin.login();
  const state = async () => {
    const response = await admin.ask("/api/v1/session", { headers: { cookie } });
    return (await response.json()).signedIn;
  };
  assert.equal(await state(), true);
  admin.clock.now += 12 * 3600e3;
  assert.equal(await state(), false);

  const fresh = await admin.login();
  const headers = { cookie: fresh, origin: "http://berth.example:8081" };
  const out = await admin.ask("/api/v1/logout", { method: "POST", headers });
  assert.equal(out.status, 204);
  assert.match(out.headers.get("set-cookie")!, /Max-Age=0/);
  assert.equal((await admin.ask("/api/v1/stats", { headers })).status, 401);
});

Deno.test("session, use is told to the browser's cookie, and the end stays", async () => {
  await using admin = await adminFixture();
  let cookie = await admin.login();
  const end = admin.clock.now + 7 * 86400e3;
  const ask = async (path = "/api/v1/stats") => {
    const response = await admin.ask(path, { headers: { cookie } });
    await response.body?.cancel();
    assert.equal(response.status, 200);
    return response.headers.get("set-cookie");
  };
  assert.equal(await ask(), null);
  for (const path of ["/api/v1/stats", "/api/v1/events"]) {
    admin.clock.now += 11 * 3600e3;
    const renewed = (await ask(path))!;
    assert.match(
      renewed,
      new RegExp(`Max-Age=${(end - admin.clock.now) / 1000}; Path=/; HttpOnly`),
    );
    cookie = renewed.split(";")[0]!;
  }
});

Deno.test("session, a changed password signs everybody out", async () => {
  await using admin = await adminFixture();
  const headers = { cookie: await admin.login() };
  admin.config.admin.password_hash = cheapHash("another");
  assert.equal((await admin.ask("/api/v1/stats", { headers })).status, 401);
  assert.equal((await admin.ask("/api/v1/login", { body: right })).status, 401);
});

Deno.test("API, nothing without a sign-in, and no word of what exists", async () => {
  await using admin = await adminFixture();
  for (const path of ["/api/v1/stats", "/api/v1/activity", "/api/v1/nothing", "/metrics"]) {
    const response = await admin.ask(path);
    assert.equal(response.status, 401, path);
    assert.match(response.headers.get("www-authenticate")!, /^Bearer/);
    assert.equal((await response.json()).type, "/problems/not-signed-in");
  }
  assert.equal((await admin.ask("/healthz")).status, 200);
});

Deno.test("tokens, by SHA-256 or scrypt, and no CSRF proof needed", async () => {
  const sha256 = createHash("sha256").update("long-random").digest("hex");
  await using admin = await adminFixture(
    `admin: { tokens: { ci: "sha256:${sha256}", ops: "${cheapHash("other-token")}" } }`,
  );
  for (const token of ["long-random", "other-token", "other-token"]) {
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await admin.ask("/api/v1/stats", { headers })).status, 200, token);
    assert.equal((await admin.ask("/metrics", { headers })).status, 200);
    const out = await admin.ask("/api/v1/logout", { method: "POST", headers });
    assert.equal(out.status, 204);
  }
});

Deno.test("tokens, wrong ones are slowed down, right ones are not", async () => {
  const sha256 = createHash("sha256").update("long-random").digest("hex");
  await using admin = await adminFixture(`admin: { tokens: { ci: "sha256:${sha256}" } }`);
  const ask = (token: string) =>
    admin.ask("/api/v1/stats", { headers: { authorization: `Bearer ${token}` } });
  for (let i = 0; i < 5; i++) assert.equal((await ask(`guess-${i}`)).status, 401);
  assert.equal((await ask("guess")).status, 429);
  assert.equal((await ask("long-random")).status, 200);
});

Deno.test("auth none, for localhost by its own names only", async () => {
  await using admin = await adminFixture(
    "admin: { auth: none, listen: '127.0.0.1:8081' }",
  );
  for (const host of ["localhost:8081", "127.0.0.1:8081", "[::1]:8081", "berth.localhost"]) {
    assert.equal((await admin.ask(`http://${host}/api/v1/stats`)).status, 200, host);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
    const response = await admin.ask(`http://${host}:8081/api/v1/stats`);
    assert.equal(response.status, 403, host);
    assert.equal((await response.json()).type, "/problems/not-localhost");
  }
});

Deno.test("auth none, is not honoured where others can reach the address", async () => {
  await using admin = await adminFixture();
  for (const listen of [":8081", "0.0.0.0:8081", "192.0.2.1:8081"]) {
    Object.assign(admin.config.admin, { auth: "none", listen });
    assert.equal((await admin.ask("http://localhost:8081/api/v1/stats")).status, 401, listen);
  }
});
