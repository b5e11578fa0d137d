import assert from "node:assert/strict";
import { join } from "node:path";
import { type AdminFixture, adminFixture, PASSWORD } from "../../fake/admin.ts";
import { testCertificate } from "../../fake/cert.ts";
import { CLIENT, type Issuer, startIssuer } from "../../fake/oidc_issuer.ts";

interface Scene extends AsyncDisposable {
  issuer: Issuer;
  admin: AdminFixture;
}

async function scene(more = "", extra = ""): Promise<Scene> {
  const issuer = await startIssuer();
  issuer.claims = { preferred_username: "ann", groups: ["staff", "ops"] };
  const admin = await adminFixture(`${extra}
admin:
  oidc:
    issuer: ${issuer.url}
    client_id: ${CLIENT.id}
    client_secret: ${CLIENT.secret}
    name: Example
    roles: { staff: viewer, ops: operator, "platform/admins": admin }
    ${more}
`);
  const dispose = async () => {
    await admin[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  };
  return { issuer, admin, [Symbol.asyncDispose]: dispose };
}

const page = { "sec-fetch-site": "same-origin" };

const cookieOf = (response: Response, name: string) =>
  response.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`))?.split(";")[0] ??
    "";

async function begin({ admin }: Scene, headers: Record<string, string> = {}) {
  const response = await admin.ask("/api/v1/oidc/start", {
    method: "POST",
    headers: { ...page, ...headers },
  });
  const { url = "", ...problem } = await response.json();
  const cookie = response.headers.getSetCookie().join().split(";")[0]!;
  return { url: url as string, cookie, problem, response };
}

async function end({ admin }: Scene, cookie: string, search: URLSearchParams) {
  const headers = { ...page, cookie };
  const response = await admin.ask("/api/v1/oidc/finish", {
    headers,
    body: { search: `?${search}` },
  });
  const said = await response.json();
  return { status: response.status, said, cookie: cookieOf(response, "berth_session"), response };
}

/** From the button to the dashboard. */
async function signIn(at: Scene) {
  const { url, cookie } = await begin(at);
  return await end(at, cookie, at.issuer.visit(url));
}

const sessionAt = async ({ admin }: Scene, cookie: string) =>
  await (await admin.ask("/api/v1/session", { headers: { cookie } })).json();

Deno.test("oidc, by code, PKCE, state and nonce; the highest role of all groups is it", async () => {
  await using at = await scene();
  const { url, cookie, response } = await begin(at);
  const asked = new URL(url);
  assert.equal(`${asked.origin}${asked.pathname}`, `${at.issuer.url}/authorize`);
  const { state, nonce, code_challenge, ...rest } = Object.fromEntries(asked.searchParams);
  assert.deepEqual(rest, {
    client_id: CLIENT.id,
    response_type: "code",
    redirect_uri: "http://berth.example:8081/login/oidc",
    scope: "openid profile email",
    code_challenge_method: "S256",
  });
  for (const text of [state, nonce, code_challenge]) assert.match(text!, /^[\w-]{43}$/);
  assert.match(
    response.headers.get("set-cookie")!,
    /^berth_oidc=.*; Max-Age=600; .*HttpOnly; SameSite=Strict/,
  );
  const done = await end(at, cookie, at.issuer.visit(url));
  assert.equal(done.status, 200);
  assert.deepEqual([done.said.username, done.said.rights], ["ann", ["metrics", "read", "cache"]]);
  assert.match(done.response.headers.getSetCookie().join(), /berth_oidc=; Max-Age=0/);
  assert.equal((await sessionAt(at, done.cookie)).username, "ann");
  const { user, via, outcome } = at.admin.audit.search({}, 1)[0]!;
  assert.deepEqual([user, via, outcome], ["ann", "oidc", "done"]);
});

Deno.test("oidc, comes back by TLS and name of a proxy that is trusted", async () => {
  await using at = await scene("", "trusted_proxies: [192.0.2.0/24]");
  const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "berth.example.com" };
  const { url, response } = await begin(at, forwarded);
  const redirect = new URL(url).searchParams.get("redirect_uri");
  assert.equal(redirect, "https://berth.example.com/login/oidc");
  assert.match(response.headers.get("set-cookie")!, /^__Host-berth_oidc=.*; Secure/);
});

Deno.test("oidc, groups by a claim within others, by userinfo, and as one text", async () => {
  await using at = await scene("groups_claim: realm_access.roles");
  at.issuer.claims = { realm_access: { roles: ["platform/admins"] }, email: "ann@example.com" };
  const { said } = await signIn(at);
  assert.deepEqual([said.username, said.rights.includes("admin")], ["ann@example.com", true]);
  at.issuer.metadata = {
    userinfo_endpoint: `${at.issuer.url}/userinfo`,
    scopes_supported: ["groups"],
  };
  at.admin.clock.now += 3600e3;
  const { url } = await begin(at);
  assert.equal(new URL(url).searchParams.get("scope"), "openid profile email groups");
  at.issuer.claims = {};
  at.issuer.userinfo = { realm_access: { roles: "staff" }, name: "Ann\u0007 B." };
  const again = await signIn(at);
  assert.deepEqual([again.said.username, again.said.rights], ["Ann B.", ["metrics", "read"]]);
  at.issuer.userinfo = { realm_access: { roles: "staff" }, sub: "43" };
  assert.equal((await signIn(at)).said.type, "/problems/oidc-invalid", "of somebody else");
});

Deno.test("oidc, nobody without a role gets in, and is told so by name", async () => {
  await using at = await scene();
  for (const groups of [["guests"], [], "__proto__", undefined, [{ admin: true }]]) {
    at.issuer.claims = { preferred_username: "eve", groups };
    const { status, said, cookie } = await signIn(at);
    assert.deepEqual([status, said.type, cookie], [403, "/problems/oidc-no-role", ""]);
    assert.match(said.detail, /^Example knows you as eve, but none of your groups \(groups\)/);
  }
  const [entry] = at.admin.audit.search({}, 1);
  assert.deepEqual([entry!.user, entry!.via, entry!.outcome], ["eve", "oidc", "refused"]);
  assert.match(
    at.admin.lines.at(-1)!,
    /^warn 192\.0\.2\.1: dashboard sign-in as eve by OpenID Connect failed: You have no role here/,
  );
});

const FORGERIES: Record<string, (issuer: Issuer) => void> = {
  "another nonce": (issuer) => issuer.claims.nonce = "x",
  "no nonce": (issuer) => issuer.claims.nonce = undefined,
  "another audience": (issuer) => issuer.claims.aud = "grafana",
  "another issuer": (issuer) => issuer.claims.iss = "https://evil.example",
  "expired": (issuer) => issuer.claims.exp = Math.floor(Date.now() / 1000) - 60,
  "not valid yet": (issuer) => issuer.claims.nbf = Math.floor(Date.now() / 1000) + 600,
  "signed by another key": (issuer) => issuer.forges = true,
  "not signed": (issuer) => issuer.head.alg = "none",
  "signed by a secret": (issuer) => issuer.head.alg = "HS256",
  "a key that is nobody's": (issuer) => issuer.head.kid = "2",
};

for (const [name, forge] of Object.entries(FORGERIES)) {
  Deno.test(`oidc, an ID token is refused: ${name}`, async () => {
    await using at = await scene();
    forge(at.issuer);
    const { status, said, cookie } = await signIn(at);
    assert.deepEqual([status, said.type, cookie], [502, "/problems/oidc-invalid", ""]);
    assert.equal(said.title, "The answer of Example cannot be trusted");
    const { outcome, detail } = at.admin.audit.search({}, 1)[0]!;
    assert.equal(outcome, "failed");
    assert.match(detail, /^The answer of Example cannot be trusted: ./);
  });
}

Deno.test("oidc, another state, issuer or code, or none of them", async () => {
  await using at = await scene();
  const twists: Record<string, (search: URLSearchParams) => void> = {
    "another state": (search) => search.set("state", "x"),
    "no state": (search) => search.delete("state"),
    "mixed up issuers": (search) => search.set("iss", "https://evil.example"),
    "no issuer": (search) => search.delete("iss"),
    "another code": (search) => search.set("code", "guess"),
    "no code": (search) => search.delete("code"),
    "two states": (search) => search.append("state", "x"),
  };
  for (const [name, twist] of Object.entries(twists)) {
    const { url, cookie } = await begin(at);
    const search = at.issuer.visit(url);
    twist(search);
    const { status, said } = await end(at, cookie, search);
    assert.deepEqual([status, said.type], [502, "/problems/oidc-invalid"], name);
    at.admin.clock.now += 60e3;
  }
});

Deno.test("oidc, a sign-in is good once, in one browser, for ten minutes", async () => {
  await using at = await scene();
  at.issuer.forgets = true;
  const over = async (cookie: string, search: URLSearchParams) => {
    const { status, said } = await end(at, cookie, search);
    assert.deepEqual([status, said.type], [400, "/problems/oidc-over"]);
  };
  const first = await begin(at);
  const search = at.issuer.visit(first.url);
  assert.equal((await end(at, first.cookie, search)).status, 200);
  await over(first.cookie, search);
  await over("", search);
  const forged = first.cookie.replace(/\.[\w-]+$/, `.${"A".repeat(43)}`);
  await over(forged, search);
  const second = await begin(at);
  await over(`berth_oidc=${(await at.admin.login()).split("=")[1]}`, at.issuer.visit(second.url));
  at.admin.clock.now += 600e3;
  await over(second.cookie, at.issuer.visit(second.url));
});

Deno.test("oidc, what the provider refuses; guessing is slowed down", async () => {
  await using at = await scene();
  const { url, cookie } = await begin(at);
  const state = new URL(url).searchParams.get("state")!;
  const refusal = new URLSearchParams({ error: "access_denied", state, iss: at.issuer.url });
  const { status, said } = await end(at, cookie, refusal);
  assert.deepEqual([status, said.title], [403, "Example refused the sign-in"]);
  assert.match(at.admin.audit.search({}, 1)[0]!.detail, /: access_denied$/);
  for (let i = 0; i < 4; i++) await end(at, "", refusal);
  assert.equal((await end(at, "", refusal)).status, 429);
});

Deno.test("oidc, away: said in words, passwords go on, and it is asked again", async () => {
  await using at = await scene();
  at.issuer.down = true;
  const { problem } = await begin(at);
  assert.deepEqual([problem.status, problem.type], [502, "/problems/oidc-away"]);
  assert.match(problem.detail, /sign in with a user name and password/);
  assert.match(at.admin.lines.at(-1)!, /Example cannot be reached: it answered 503$/);
  const body = { username: "admin", password: PASSWORD };
  assert.equal((await at.admin.ask("/api/v1/login", { body })).status, 200);
  at.issuer.down = false;
  assert.equal((await signIn(at)).status, 200);
  const path = "/.well-known/openid-configuration";
  assert.equal(at.issuer.asked.get(path), 2);
  await signIn(at);
  assert.equal(at.issuer.asked.get(path), 2, "kept");
  at.admin.clock.now += 60e3;
  await Promise.all([begin(at), begin(at)]);
  assert.equal(at.issuer.asked.get(path), 3, "asked once for both");
  const { url, cookie } = await begin(at);
  at.issuer.down = true;
  const { status, said } = await end(at, cookie, at.issuer.visit(url));
  assert.deepEqual([status, said.type], [502, "/problems/oidc-away"]);
  at.admin.clock.now += 60e3;
  assert.equal((await begin(at)).problem.type, "/problems/oidc-away");
});

Deno.test("oidc, nobody listens, another issuer answers, an address has no TLS", async () => {
  await using at = await scene();
  const { oidc } = at.admin.config.admin;
  const withIssuer = async (issuer: string) => {
    at.admin.config.admin.oidc = { ...oidc, issuer };
    return (await begin(at)).problem.type;
  };
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  assert.equal(await withIssuer(`http://127.0.0.1:${port}`), "/problems/oidc-away");
  assert.equal(await withIssuer(`${at.issuer.url}/another`), "/problems/oidc-invalid");
  assert.match(at.admin.lines.at(-1)!, new RegExp(`calls itself ${at.issuer.url}$`));
  at.issuer.metadata = { token_endpoint: "http://192.0.2.9/token" };
  at.admin.config.admin.oidc = { ...oidc };
  const { url, cookie } = await begin(at);
  const { said } = await end(at, cookie, at.issuer.visit(url));
  assert.equal(said.type, "/problems/oidc-invalid");
  assert.match(at.admin.lines.at(-1)!, /an address without TLS$/);
});

Deno.test("oidc, a session ends with its group's role, with the provider, by sign-out and in a day", async () => {
  await using at = await scene();
  const { oidc } = at.admin.config.admin;
  const open = async (cookie: string) => (await sessionAt(at, cookie)).signedIn;
  const { cookie, said } = await signIn(at);
  assert.equal(said.expires, at.admin.clock.now + 24 * 3600e3);
  at.admin.config.admin.oidc = { ...oidc, roles: { ...oidc.roles, ops: "viewer" } };
  assert.equal(await open(cookie), false);
  at.admin.config.admin.oidc = { ...oidc, issuer: "" };
  assert.equal(await open(cookie), false);
  at.admin.config.admin.oidc = { ...oidc, roles: { ops: "operator" } };
  assert.equal(await open(cookie), true);
  const headers = { ...page, cookie };
  await at.admin.ask("/api/v1/logout", { method: "POST", headers });
  assert.equal(await open(cookie), false);
  const { user, via } = at.admin.audit.search({ action: "sign-out" }, 1)[0]!;
  assert.deepEqual([user, via], ["ann", "oidc"]);
});

Deno.test("oidc, no one becomes a user of the configuration by that name", async () => {
  await using at = await scene();
  at.issuer.claims = { preferred_username: "admin", groups: ["staff"] };
  const { cookie, said } = await signIn(at);
  assert.deepEqual([said.username, said.rights], ["admin", ["metrics", "read"]]);
  const status = (await at.admin.ask("/api/v1/tokens", { headers: { cookie } })).status;
  assert.equal(status, 403);
});

Deno.test("oidc, offered only where it is configured, and no secret is told", async () => {
  await using at = await scene();
  assert.equal((await sessionAt(at, "")).oidc, "Example");
  const { url, cookie } = await begin(at);
  const search = at.issuer.visit(url);
  await end(at, cookie, search);
  const config = await (await at.admin.call("/config")).text();
  const told = at.admin.lines.join() + JSON.stringify(at.admin.audit.search({}, 100)) + config +
    url;
  for (const secret of [CLIENT.secret, search.get("code")!, "opaque"]) {
    assert.ok(!told.includes(secret), secret);
  }
  await using without = await adminFixture();
  const response = await without.ask("/api/v1/oidc/start", { method: "POST", headers: page });
  assert.equal(response.status, 404);
  assert.equal((await (await without.ask("/api/v1/session")).json()).oidc, null);
});

Deno.test("oidc, by TLS with a CA of its own, which nobody else is believed by", async () => {
  const { ca, ...tls } = await testCertificate();
  await using issuer = await startIssuer(tls);
  issuer.claims = { groups: ["staff"] };
  await using at = await scene();
  const { oidc } = at.admin.config.admin;
  at.admin.config.admin.oidc = { ...oidc, issuer: issuer.url };
  assert.equal((await begin(at)).problem.type, "/problems/oidc-away");
  const ca_file = join(at.admin.dir, "ca.pem");
  await Deno.writeTextFile(ca_file, ca);
  at.admin.config.admin.oidc = { ...oidc, issuer: issuer.url, ca_file };
  const { url, cookie } = await begin(at);
  // What somebody else begins meanwhile, in vain, does not stand in the way.
  at.admin.clock.now += 60e3;
  issuer.down = true;
  assert.equal((await begin(at)).problem.type, "/problems/oidc-away");
  issuer.down = false;
  assert.equal((await end(at, cookie, issuer.visit(url))).status, 200);
});
