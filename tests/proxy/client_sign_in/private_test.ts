/** Users and rules, as clients meet them on the registry port. */
import assert from "node:assert/strict";
import { pair } from "../../fake/pair.ts";
import { hash } from "bcryptjs";
import { Authenticators } from "../../../proxy/access/users.ts";
import { image, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy, type TestProxy } from "../../fake/proxy.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";

const app = image();
const LAYER = app.blobs[1]!.digest;
const users = { ann: await hash("ann's", 4), bob: await hash("bob's", 4) };

interface Setup extends AsyncDisposable {
  upstream: FakeRegistry;
  proxy: TestProxy;
  /** The answer to `user`, whose password is the user's name and `'s`. */
  as(user: string, path: string, init?: RequestInit): Promise<{ status: number; text: string }>;
}

async function setup(settings: Record<string, unknown> = {}): Promise<Setup> {
  const authenticators = new Authenticators({ now: Date.now, failed: () => {} });
  const both = await pair({
    registry: {
      images: { "acme/app:1": app, "acme/secret:1": image({ seed: 2 }), "library/alpine:1": app },
    },
    hub: { auth: { username: "robot", password: "r" } },
    settings: {
      users,
      allow_push: true,
      access: [
        { repositories: ["hub/library/*"] },
        { users: ["ann"], repositories: ["hub/acme/**"], actions: ["pull", "push"] },
        { users: ["bob"], repositories: ["hub/acme/app"], actions: ["pull"] },
        { users: ["bob"], repositories: ["hub/bob/**"], actions: ["pull", "push"] },
      ],
      ...settings,
    },
    parts: { authenticate: authenticators.authenticator(users) },
  });
  const as: Setup["as"] = async (user, path, init) => {
    const authorization = `Basic ${btoa(`${user}:${user}'s`)}`;
    const headers = { accept: OCI_MANIFEST, authorization };
    const response = await both.proxy.get(path, { headers, ...init });
    return { status: response.status, text: await response.text() };
  };
  return Object.assign(both, { as });
}

Deno.test("users, nothing without a sign-in: 401 with a Basic challenge, wherever it knocks", async () => {
  await using t = await setup();
  const paths = [
    "/v2/",
    "/v2/acme/app/manifests/1",
    "/v2/no/such/manifests/1",
    `/v2/acme/app/blobs/${LAYER}`,
    "/v2/acme/app/tags/list",
    "/v2/_catalog",
    `/v2/acme/app/referrers/${app.root.digest}`,
  ];
  for (const path of paths) {
    for (const authorization of ["", "Bearer x", `Basic ${btoa("ann:wrong")}`, "Basic ???"]) {
      const response = await t.proxy.get(path, { headers: authorization ? { authorization } : {} });
      assert.equal(response.status, 401, `${path} ${authorization}`);
      assert.match(response.headers.get("www-authenticate") ?? "", /^Basic realm="Berth"/);
      assert.equal((await response.json()).errors[0].code, "UNAUTHORIZED");
    }
  }
  assert.equal(t.upstream.log.length, 0);
  assert.ok(t.proxy.records.every(({ status, user }) => status === 401 && user === ""));
});

Deno.test("users, guessing ends in a 429 that says how long to wait", async () => {
  await using t = await setup();
  const statuses: number[] = [];
  for (let index = 0; index < 22; index++) {
    const headers = { authorization: `Basic ${btoa(`ann:guess ${index}`)}` };
    const response = await t.proxy.get("/v2/", { headers });
    await response.body?.cancel();
    statuses.push(response.status);
    if (response.status === 429) assert.ok(Number(response.headers.get("retry-after")) >= 1);
  }
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
});

Deno.test("access, each pulls his own; a denial says nothing of whether there is such a thing", async () => {
  await using t = await setup();
  const manifest = (name: string) => `/v2/${name}/manifests/1`;
  const allowed = [
    ["ann", manifest("library/alpine")],
    ["bob", manifest("library/alpine")],
    ["ann", manifest("acme/secret")],
    ["bob", manifest("acme/app")],
    ["bob", `/v2/acme/app/blobs/${LAYER}`],
    ["bob", "/v2/acme/app/tags/list"],
  ] as const;
  for (const [user, path] of allowed) assert.equal((await t.as(user, path)).status, 200, path);
  const before = t.upstream.log.length;
  const denied = [
    "/v2/acme/secret/manifests/1",
    "/v2/acme/secret/tags/list",
    `/v2/acme/secret/blobs/${LAYER}`,
    `/v2/acme/secret/referrers/${app.root.digest}`,
  ];
  for (const path of denied) {
    const answer = await t.as("bob", path);
    const nothing = await t.as("bob", path.replace("secret", "nosuch"));
    assert.deepEqual([answer.status, nothing.status], [403, 403], path);
    assert.equal(answer.text.replaceAll("secret", "nosuch"), nothing.text);
    assert.match(answer.text, /"DENIED"/);
  }
  assert.equal(t.upstream.log.length, before, "upstream is not asked");
  const { registry, repository, user, status } = t.proxy.records.at(-1)!;
  assert.deepEqual({ registry, repository, user, status }, {
    registry: "hub",
    repository: "acme/nosuch",
    user: "bob",
    status: 403,
  });
});

Deno.test("access, the catalog shows each his own", async () => {
  await using t = await setup();
  const names = async (user: string) =>
    JSON.parse((await t.as(user, "/v2/_catalog")).text).repositories;
  assert.deepEqual(await names("ann"), ["acme/app", "acme/secret", "library/alpine"]);
  assert.deepEqual(await names("bob"), ["acme/app", "library/alpine"]);
});

Deno.test("access, pushing, deleting and mounting need their own grant", async () => {
  await using t = await setup();
  const post = { method: "POST", headers: { authorization: `Basic ${btoa("bob:bob's")}` } };
  const begin = (query: string) => t.as("bob", `/v2/bob/tools/blobs/uploads/${query}`, post);
  assert.equal((await t.as("bob", "/v2/acme/app/blobs/uploads/", post)).status, 403);
  const gone = await t.as("bob", "/v2/acme/app/manifests/1", { ...post, method: "DELETE" });
  assert.equal(gone.status, 403);
  assert.equal((await begin(`?mount=${LAYER}&from=acme/secret`)).status, 403);
  assert.equal((await begin("")).status, 202);
  assert.equal((await begin(`?mount=${LAYER}&from=acme/app`)).status, 201);
  assert.equal((await begin(`?mount=${LAYER}`)).status, 202);
  assert.equal(t.upstream.seen("POST", /uploads/).at(-1)?.query.has("mount"), false);
});

Deno.test("the password for this proxy reaches no registry", async () => {
  await using t = await setup({
    registries: { hub: { url: "http://127.0.0.1:1" } },
    default_registry: "hub",
  });
  await using own = await fakeRegistry({ images: { "acme/app:1": app } });
  const authenticators = new Authenticators({ now: Date.now, failed: () => {} });
  await using proxy = await startProxy({
    default_registry: "hub",
    registries: { hub: { url: own.url, auth: { mode: "client" } } },
  }, { authenticate: authenticators.authenticator(users) });
  const headers = { authorization: `Basic ${btoa("ann:ann's")}`, accept: OCI_MANIFEST };
  const response = await proxy.get("/v2/acme/app/manifests/1", { headers });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  assert.ok(own.log.every((seen) => !seen.headers.has("authorization")));
  const token = await proxy.get("/token/hub?scope=repository:acme/app:pull", { headers });
  assert.equal(token.status, 403);
  await token.body?.cancel();
  assert.equal((await t.as("ann", "/v2/acme/app/manifests/1")).status, 502);
});

Deno.test("the token endpoint asks for no scope that is denied here", async () => {
  await using upstream = await fakeRegistry({
    images: { "acme/app:1": app },
    auth: { scheme: "bearer", users: { ann: "right" } },
  });
  await using proxy = await startProxy({
    default_registry: "hub",
    registries: { hub: { url: upstream.url, auth: { mode: "client" }, deny: ["acme/secret"] } },
  });
  const scopes = "scope=repository:acme/app:pull&scope=repository:acme/secret:pull";
  const response = await proxy.get(`/token/hub?${scopes}`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const [asked] = upstream.seen("GET", /./, "token");
  assert.deepEqual(asked?.query.getAll("scope"), ["repository:acme/app:pull"]);
});

Deno.test("allowed_networks, everybody else gets a 403; health checks answer", async () => {
  await using upstream = await fakeRegistry({ images: { "acme/app:1": app } });
  const start = (allowed_networks: string[]) =>
    startProxy({
      default_registry: "hub",
      registries: { hub: { url: upstream.url } },
      trusted_proxies: ["127.0.0.1"],
      allowed_networks,
    });
  await using proxy = await start(["10.0.0.0/8", "fd00::/8"]);
  const status = async (from: string, path = "/v2/acme/app/tags/list") => {
    const headers: HeadersInit = from ? { "x-forwarded-for": from } : {};
    const response = await proxy.get(path, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status("10.1.2.3"), 200);
  assert.equal(await status("fd00::1"), 200);
  assert.equal(await status("::ffff:10.1.2.3"), 200);
  assert.equal(await status("192.0.2.1"), 403);
  assert.equal(await status(""), 403);
  assert.equal(await status("192.0.2.1", "/help"), 403);
  assert.equal(await status("192.0.2.1", "/healthz"), 200);
  assert.equal(await status("192.0.2.1", "/readyz"), 200);
});
