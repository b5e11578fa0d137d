import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { NEEDED, type Right, ROLE_RIGHTS } from "../../../ui/api/rights.ts";
import { type AdminFixture, adminFixture, cheapHash, PASSWORD } from "../../fake/admin.ts";

const ROLES = ["viewer", "operator", "admin"] as const;
const TOKEN = "long-random";
const PEOPLE = `admin:
  users:
${
  ROLES.map((role) => `    ${role}1: { password_hash: "${cheapHash(PASSWORD)}", role: ${role} }`)
    .join("\n")
}
  tokens: { ci: "sha256:${createHash("sha256").update(TOKEN).digest("hex")}" }
`;

/** Routes that are there for whoever comes. */
const OPEN = [
  "GET /healthz",
  "GET /api/v1/openapi.json",
  "POST /api/v1/login",
  "POST /api/v1/oidc/start",
  "POST /api/v1/oidc/finish",
  "POST /api/v1/logout",
  "GET /api/v1/session",
];

const EVERYTHING: Right[] = ["metrics", "read", "cache", "registries", "admin"];

async function cookieOf(admin: AdminFixture, username: string): Promise<string> {
  const body = { username, password: PASSWORD };
  const response = await admin.ask("/api/v1/login", { body });
  await response.body?.cancel();
  assert.equal(response.status, 200);
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

/** The status of a request that is for the route `key`, and the problem's type. */
async function tryRoute(admin: AdminFixture, key: string, headers: Record<string, string>) {
  const [method = "", path = ""] = key.split(" ");
  const url = path.replace(/:\w+\{\.\+\}/, "a/b").replace(/:\w+/g, "x");
  const response = await admin.ask(url, {
    method,
    headers: { ...headers, "sec-fetch-site": "same-origin" },
    ...method === "POST" || method === "PUT" ? { body: {} } : {},
  });
  const json = /json/.test(response.headers.get("content-type") ?? "");
  const type: string = json ? (await response.json()).type ?? "" : "";
  if (!json) await response.body?.cancel();
  return { status: response.status, type };
}

Deno.test("rights, the table has every route of the port, and no other", async () => {
  await using admin = await adminFixture();
  const routes = admin.app.routes
    .filter(({ method, path }) => method !== "ALL" && path !== "*" && path !== "/*")
    .map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...new Set(routes)].sort(), [...OPEN, ...Object.keys(NEEDED)].sort());
});

Deno.test("rights, every route for every role, by session, by token and by nothing", async () => {
  await using admin = await adminFixture(PEOPLE);
  const ways: { name: string; headers: Record<string, string>; rights: readonly Right[] }[] = [
    { name: "token", headers: { authorization: `Bearer ${TOKEN}` }, rights: EVERYTHING },
  ];
  for (const role of ROLES) {
    const cookie = await cookieOf(admin, `${role}1`);
    ways.push({ name: role, headers: { cookie }, rights: ROLE_RIGHTS[role] });
  }
  for (const [key, right] of Object.entries(NEEDED)) {
    const nobody = await tryRoute(admin, key, {});
    assert.deepEqual(nobody, { status: 401, type: "/problems/not-signed-in" }, key);
    for (const { name, headers, rights } of ways) {
      const { status, type } = await tryRoute(admin, key, headers);
      const what = `${key} as ${name}: ${status} ${type}`;
      if (rights.includes(right)) assert.ok(status !== 401 && status !== 403, what);
      else assert.deepEqual([status, type], [403, "/problems/not-allowed"], what);
    }
  }
});

Deno.test("rights, an operator changes no registry, user, token or policy", () => {
  const mine = (role: keyof typeof ROLE_RIGHTS) =>
    Object.keys(NEEDED).filter((key) => ROLE_RIGHTS[role].includes(NEEDED[key]!));
  for (const key of mine("viewer")) assert.match(key, /^GET /);
  for (const key of mine("operator")) {
    assert.match(
      key,
      /^GET |\/(test|mute|verify|pins|pulls|prefetch\/(preview|run|learn\/run)|evictions|plan)$|^DELETE .*\/(cache|pulls)\//,
    );
  }
  assert.ok(!mine("operator").includes("POST /api/v1/registries/test"));
  assert.equal(mine("admin").length, Object.keys(NEEDED).length);
});

Deno.test("people, what is wrong with a sign-in is the same for all of them", async () => {
  await using admin = await adminFixture(PEOPLE);
  const bodies = new Set<string>();
  for (const username of ["viewer1", "admin1", "nobody"]) {
    const body = { username, password: "x" };
    const response = await admin.ask("/api/v1/login", {
      body,
      from: `192.0.2.${bodies.size + 10}`,
    });
    assert.equal(response.status, 401);
    bodies.add(await response.text());
  }
  assert.equal(bodies.size, 1);
});

Deno.test("people, another role or password ends the session; being taken out does, too", async () => {
  await using admin = await adminFixture(PEOPLE);
  const headers = { cookie: await cookieOf(admin, "operator1") };
  const state = async () => (await admin.ask("/api/v1/stats", { headers })).status;
  assert.equal(await state(), 200);
  admin.config.admin.users.operator1!.role = "viewer";
  assert.equal(await state(), 401);
  const again = { cookie: await cookieOf(admin, "operator1") };
  delete admin.config.admin.users.operator1;
  assert.equal((await admin.ask("/api/v1/stats", { headers: again })).status, 401);
});

Deno.test("people, the made password is for as long as there is no other admin", async () => {
  await using admin = await adminFixture();
  const body = { username: "admin", password: PASSWORD };
  assert.equal((await admin.ask("/api/v1/login", { body })).status, 200);
  const password_hash = cheapHash("another");
  admin.config.admin.users.ann = { password_hash, role: "viewer" };
  assert.equal((await admin.ask("/api/v1/login", { body })).status, 200);
  admin.config.admin.users.ann = { password_hash, role: "admin" };
  assert.equal((await admin.ask("/api/v1/login", { body })).status, 401);
});

Deno.test("session, tells what may be done", async () => {
  await using admin = await adminFixture(PEOPLE);
  const cookie = await cookieOf(admin, "viewer1");
  const session = await (await admin.ask("/api/v1/session", { headers: { cookie } })).json();
  assert.deepEqual([session.username, session.rights], ["viewer1", ["metrics", "read"]]);
});

Deno.test("registries, a test of what is configured takes no settings from outside", async () => {
  await using admin = await adminFixture(PEOPLE);
  const headers = { cookie: await cookieOf(admin, "operator1"), "sec-fetch-site": "same-origin" };
  const path = "/api/v1/registries/docker/test";
  const body = { name: "docker", settings: { url: "https://evil.example" } };
  const response = await admin.ask(path, { headers, body });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).ok, true);
  assert.deepEqual(admin.probed.map(({ url }) => url), ["https://registry-1.docker.io"]);
});

Deno.test("registries, who is no admin has Berth read no other file", async () => {
  const url = "https://r.example";
  const own = { mode: "proxy", username: "u", password_file: "/run/own" } as const;
  await using admin = await adminFixture(PEOPLE);
  const docker = admin.config.registries.docker!;
  admin.config.registries.own = { ...docker, url, auth: { ...docker.auth, ...own } };
  const tokenOf = async (scope: string) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const body = { name: scope, scopes: [scope] };
    return (await (await admin.ask("/api/v1/tokens", { headers, body })).json()).token;
  };
  const [some, all] = [await tokenOf("registries"), await tokenOf("admin")];
  const type = async (
    token: string,
    name: string,
    path: string,
    settings: object,
    method = "POST",
  ) =>
    (await (await admin.ask(`/api/v1/registries${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      body: { name, settings: { url, ...settings } },
    })).json()).type;
  const refused = "/problems/not-allowed";
  for (
    const settings of [
      { auth: { ...own, password_file: "/etc/berth/tls.key" } },
      { auth: { mode: "proxy", logins: { "r.example": { username: "u", password_file: "/x" } } } },
      { auth: { mode: "proxy", docker_config: "/root/.docker/config.json" } },
      { ca_file: "/run/own" },
    ]
  ) {
    for (const path of ["", "/preview", "/test"]) {
      assert.equal(await type(some, "fresh", path, settings), refused, path);
      assert.notEqual(await type(all, "fresh", path, settings), refused, path);
    }
    assert.equal(await type(some, "own", "/own", settings, "PUT"), refused);
  }
  assert.equal(await type(some, "fresh", "/test", { auth: own }), refused, "another registry's");
  assert.notEqual(await type(some, "own", "/test", { auth: own }), refused, "as it is");
});
