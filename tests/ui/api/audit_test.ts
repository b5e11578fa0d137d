import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { join } from "node:path";
import { auditReloads } from "../../../cli/auditing.ts";
import type { AuditRow } from "../../../proxy/observe/audit/entry.ts";
import { openAudit } from "../../../proxy/observe/audit/audit.ts";
import { AUDITED, UNAUDITED } from "../../../ui/api/audited.ts";
import { Fleet } from "../../../ui/api/fleet.ts";
import { renderError } from "../../../ui/api/problem.ts";
import { auditRoutes } from "../../../ui/api/routes/audit.ts";
import { auditQuery } from "../../../ui/api/schema/audit.ts";
import { auditView } from "../../../ui/api/views/audit.ts";
import { type AdminFixture, adminFixture, cheapHash, PASSWORD } from "../../fake/admin.ts";

const TOKEN = "long-random";
const PEOPLE = `admin:
  users:
    bob: { password_hash: "${cheapHash(PASSWORD)}", role: operator }
  tokens: { ci: "sha256:${createHash("sha256").update(TOKEN).digest("hex")}" }
`;
const BEARER = { authorization: `Bearer ${TOKEN}` };

/** What the audit log holds, oldest first, without sign-ins that came off. */
function kept({ audit }: AdminFixture): AuditRow[] {
  return audit.search({}, 1000).toReversed()
    .filter(({ action, outcome }) => action !== "sign-in" || outcome !== "done");
}

/** The last entry in short. */
function last(admin: AdminFixture): string {
  const { user, via, address, action, target, outcome, detail } = kept(admin).at(-1)!;
  return [user, via, address, action, target, outcome, detail].join(" | ");
}

async function status(answer: Promise<Response>): Promise<number> {
  const response = await answer;
  await response.body?.cancel();
  return response.status;
}

Deno.test("audit, the tables have every route that is not only looked at, and no other", async () => {
  await using admin = await adminFixture();
  const routes = admin.app.routes
    .filter(({ method }) => !["ALL", "GET"].includes(method))
    .map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...new Set(routes)].sort(), [...Object.keys(AUDITED), ...UNAUDITED].sort());
});

Deno.test("audit, every such route leaves an entry, whatever comes of it", async () => {
  await using admin = await adminFixture(PEOPLE);
  for (const [key, action] of Object.entries(AUDITED)) {
    const [method = "", path = ""] = key.split(" ");
    const url = path.replace(/:\w+\{\.\+\}/, "a/b").replace(/:\w+/g, "x");
    const before = kept(admin).length;
    const session = /log(in|out)$|\/oidc\//.test(path);
    const headers = session ? { cookie: await admin.login() } : BEARER;
    await status(admin.ask(url, {
      method,
      headers: { ...headers, "sec-fetch-site": "same-origin" },
      ...method === "POST" || method === "PUT" ? { body: {} } : {},
    }));
    const [entry, ...more] = kept(admin).slice(before);
    assert.ok(entry, key);
    assert.deepEqual(more, [], key);
    assert.equal(entry.action, path.endsWith("/pins") ? "pin" : action, key);
    assert.equal(entry.user, session ? path.endsWith("logout") ? "admin" : "" : "token ci", key);
    admin.clock.now += 60e3;
  }
});

Deno.test("audit, what only looks leaves none", async () => {
  await using admin = await adminFixture(PEOPLE);
  const body = { name: "r", settings: { url: "https://r.example" }, create: true };
  const headers = BEARER;
  assert.equal(await status(admin.ask("/api/v1/registries/preview", { headers, body })), 200);
  assert.equal(await status(admin.ask("/api/v1/cache/evictions/plan", { headers, body: {} })), 200);
  assert.equal(await status(admin.ask("/api/v1/registries", { headers })), 200);
  assert.equal(await status(admin.ask("/api/v1/registries")), 401);
  assert.equal(await status(admin.ask("/api/v1/tokens", { method: "POST" })), 401);
  assert.deepEqual(kept(admin), []);
});

Deno.test("audit, a change of a registry with what was before, and no secrets", async () => {
  await using admin = await adminFixture(PEOPLE);
  const settings = { url: "https://r.example", auth: { username: "u", password: "hunter2" } };
  const ask = (method: string, path: string, body?: unknown) =>
    status(admin.ask(`/api/v1/registries${path}`, { method, headers: BEARER, body }));
  assert.equal(await ask("POST", "", { name: "r", settings }), 200);
  assert.equal(last(admin), "token ci | token | 192.0.2.1 | registry-add | r | done | ");
  assert.deepEqual(kept(admin).at(-1)!.changes, [
    { path: "registries.r", secret: false, before: "", after: "https://r.example" },
  ]);
  const next = { url: "https://s.example", auth: { username: "u", password: "hunter3" } };
  assert.equal(await ask("PUT", "/r", { name: "r", settings: next }), 200);
  assert.deepEqual(kept(admin).at(-1)!.changes, [
    {
      path: "registries.r.url",
      secret: false,
      before: "https://r.example",
      after: "https://s.example",
    },
    { path: "registries.r.auth.password", secret: true, before: "", after: "" },
  ]);
  assert.equal(await ask("DELETE", "/r"), 204);
  assert.equal(await ask("DELETE", "/r"), 404);
  assert.equal(
    last(admin),
    'token ci | token | 192.0.2.1 | registry-remove | r | failed | Registry "r" not found',
  );
  assert.doesNotMatch(JSON.stringify(kept(admin)) + admin.lines.join(), /hunter/);
  assert.deepEqual(admin.lines.slice(0, 3), [
    "info 192.0.2.1: token ci added registry r (registries.r)",
    "info 192.0.2.1: token ci changed registry r (registries.r.url, registries.r.auth.password)",
    "info 192.0.2.1: token ci removed registry r (registries.r)",
  ]);
});

Deno.test("audit, a reload goes by the name of who asked for it; by file it is told, too", async () => {
  await using admin = await adminFixture(PEOPLE);
  const stop = auditReloads(admin.audit, admin.live);
  const file = join(admin.dir, "config.yaml");
  await Deno.writeTextFile(file, `${PEOPLE}log: { level: debug }\n`);
  const path = "/api/v1/config/reload";
  const response = await admin.ask(path, { method: "POST", headers: BEARER });
  assert.equal((await response.json()).by, "token ci");
  assert.equal(
    last(admin),
    "token ci | token | 192.0.2.1 | config-reload |  | done | log.level changed",
  );
  assert.deepEqual(kept(admin).at(-1)!.changes, [
    { path: "log.level", secret: false, before: "info", after: "debug" },
  ]);
  await Deno.writeTextFile(file, "log: { level: loud }\n");
  await admin.live.reload("file changed");
  assert.match(last(admin), /\| file \| .*\| config-reload \| .*\| failed \| log\.level: /);
  await Deno.writeTextFile(file, "log: { level: warn }\n");
  await admin.live.reload("SIGHUP");
  assert.match(last(admin), /\| signal \| .*\| config-reload \| .*\| done \| /);
  assert.equal(kept(admin).length, 3);
  stop();
});

Deno.test("audit, what was done to the cache, tokens, notices and webhooks", async () => {
  await using admin = await adminFixture(PEOPLE);
  const ask = async (path: string, body?: unknown, method?: string) => {
    const response = await admin.call(path, { body, ...method ? { method } : {} });
    return response.status === 204 ? undefined : await response.json();
  };
  const image = { registry: "docker", repository: "library/alpine", tag: "3" };
  await ask("/cache/pins", { images: [image], pinned: true });
  assert.match(last(admin), /\| pin \| docker\/library\/alpine:3 \| done \| $/);
  await ask("/cache/pins", { images: [image], pinned: false });
  assert.match(last(admin), /\| unpin \| docker\/library\/alpine:3 \| done/);
  const digests = Array.from({ length: 7 }, (_, i) => `sha256:${i}`);
  await ask("/cache/evictions", { digests });
  assert.match(last(admin), /\| evict \| sha256:0, .*, sha256:4 and 2 more \| done \| 0 digests/);
  await ask("/cache/evictions", { unusedForMs: 0 });
  assert.match(last(admin), /\| evict \| everything \| done \| 0 digests, 0 tags, 0 B freed$/);
  await ask("/cache/images/docker/library/alpine?tag=3", undefined, "DELETE");
  assert.match(last(admin), /\| evict \| docker\/library\/alpine:3 \| done/);
  await ask("/cache/verify", {});
  assert.match(last(admin), /\| verify \| everything \| done/);
  const { id, token } = await ask("/tokens", { name: "new", scopes: ["read", "pull"] });
  assert.match(last(admin), /^admin \| password .*\| token-make \| new \| done \| read, pull$/);
  await ask(`/tokens/${id}`, undefined, "DELETE");
  assert.match(last(admin), /\| token-revoke \| new \| done/);
  await ask("/registries/docker/test", {});
  assert.match(last(admin), /\| registry-test \| docker \| done \| Reachable$/);
  await ask("/webhooks/none/test", {});
  assert.match(last(admin), /\| webhook-test \| none \| failed \| Webhook "none" not found$/);
  await ask("/notices/none/mute", { until: null });
  assert.match(last(admin), /\| notice-mute \| none \| failed/);
  assert.doesNotMatch(JSON.stringify(kept(admin)) + admin.lines.join(), new RegExp(token));
});

Deno.test("audit, sign-ins and sign-outs, those that failed and those that were held off", async () => {
  await using admin = await adminFixture(PEOPLE);
  const all = () => admin.audit.search({}, 1000).toReversed();
  const login = (username: string, password: string) =>
    status(admin.ask("/api/v1/login", { body: { username, password } }));
  assert.equal(await login("bob", PASSWORD), 200);
  assert.equal(all().at(-1)!.user, "bob");
  assert.equal(all().at(-1)!.outcome, "done");
  assert.equal(await login("bob", "wrong"), 401);
  assert.equal(
    last(admin),
    "bob | password | 192.0.2.1 | sign-in |  | refused | Wrong user name or password",
  );
  assert.equal(await login("hunter2", "bob"), 401);
  for (let i = 0; i < 3; i++) await login("bob", "wrong");
  assert.equal(await login("bob", PASSWORD), 429);
  assert.equal(await login("bob", PASSWORD), 429);
  assert.match(last(admin), /^bob \| .* \| refused \| Too many failed sign-ins$/);
  assert.deepEqual(kept(admin).map(({ user, count }) => [user, count]), [
    ["bob", 4],
    ["", 1],
    ["bob", 2],
  ]);
  assert.doesNotMatch(JSON.stringify(all()) + admin.lines.join(), /hunter2/);
  assert.ok(admin.lines.includes(
    "warn 192.0.2.1: dashboard sign-in as an unknown user failed: Wrong user name or password",
  ));
  admin.clock.now += 3600e3;
  const cookie = await admin.login();
  const headers = { cookie, "sec-fetch-site": "same-origin" };
  for (let i = 0; i < 2; i++) {
    assert.equal(await status(admin.ask("/api/v1/logout", { method: "POST", headers })), 204);
  }
  const [out, ...more] = admin.audit.search({ action: "sign-out" }, 10);
  assert.deepEqual([out!.user, out!.outcome, more.length], ["admin", "done", 0]);
});

Deno.test("audit, a token that is wrong or expired, wherever it is sent", async () => {
  await using admin = await adminFixture(PEOPLE);
  const made = await admin.tokens.make({
    name: "old",
    scopes: ["read"],
    expires: admin.clock.now + 1,
    by: "ann",
  });
  admin.clock.now += 60e3;
  const bearer = (token: string, path: string) =>
    status(admin.ask(path, { headers: { authorization: `Bearer ${token}` } }));
  await bearer(made.token, "/metrics");
  const from = "token | 192.0.2.1 | sign-in |  | refused";
  assert.equal(last(admin), `token old | ${from} | it has expired`);
  await bearer("guess", "/api/v1/session");
  assert.equal(last(admin), ` | ${from} | unknown or revoked`);
  for (let i = 0; i < 6; i++) await bearer("guess", "/metrics");
  assert.equal(last(admin), ` | ${from} | Too many failed sign-ins`);
  assert.deepEqual(kept(admin).map(({ count }) => count), [1, 5, 2]);
});

Deno.test("audit, what a role may not do is refused by name", async () => {
  await using admin = await adminFixture(PEOPLE);
  const response = await admin.ask("/api/v1/login", {
    body: { username: "bob", password: PASSWORD },
  });
  await response.body?.cancel();
  const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
  const headers = { cookie, "sec-fetch-site": "same-origin" };
  const path = "/api/v1/registries/docker";
  assert.equal(await status(admin.ask(path, { method: "DELETE", headers })), 403);
  assert.equal(
    last(admin),
    'bob | password | 192.0.2.1 | registry-remove |  | refused | Requires the right "registries"',
  );
  assert.equal(await status(admin.ask("/api/v1/audit", { headers })), 403);
});

Deno.test("GET /audit, filters, pages, CSV, and times that are none", async () => {
  await using admin = await adminFixture(PEOPLE);
  const page = async (query: string) => {
    const response = await admin.ask(`/api/v1/audit${query}`, { headers: BEARER });
    return await response.json();
  };
  const base = { via: "password", address: "192.0.2.9", outcome: "done", changes: [] } as const;
  const sum = '=SUM("A1")';
  admin.audit.record({ ...base, user: "ann", action: "pin", target: sum, detail: "a, b" });
  admin.clock.now += 60e3;
  const changes = [{ path: "log.level", secret: false, before: "", after: "debug" }];
  const by = { ...base, user: "bob", target: "", detail: "", changes } as const;
  admin.audit.record({ ...by, action: "config-reload" });
  const users = async (query: string) =>
    (await page(query)).items.map(({ user }: { user: string }) => user);
  assert.deepEqual(await users(""), ["bob", "ann"]);
  assert.deepEqual(await users("?user=AN"), ["ann"]);
  assert.deepEqual(await users("?action=pin"), ["ann"]);
  assert.deepEqual(await users("?outcome=failed"), []);
  assert.deepEqual(await users("?from=2026-01-15T13:01:00%2B01:00"), ["bob"]);
  assert.deepEqual(await users("?to=2026-01-15T12:01:00Z"), ["ann"]);
  const first = await page("?limit=1");
  assert.equal(first.next, 2);
  assert.deepEqual((await page(`?limit=1&before=${first.next}`)).next, null);
  for (const query of ["?from=yesterday", "?from=1768478400000", "?action=x", "?limit=0"]) {
    const problem = await page(query);
    assert.deepEqual([problem.status, problem.type], [400, "/problems/invalid-request"], query);
  }
  assert.match(
    (await page("?from=today")).detail,
    /^from: found "today", expected a time such as 2026-01-31T14/,
  );
  const headers = { ...BEARER, accept: "text/csv" };
  const response = await admin.ask("/api/v1/audit", { headers });
  assert.match(response.headers.get("content-type")!, /^text\/csv/);
  assert.equal(
    await response.text(),
    "time,user,via,address,action,target,outcome,count,detail,changes\r\n" +
      "2026-01-15T12:01:00.000Z,bob,password,192.0.2.9,config-reload,,done,1,," +
      "log.level: not set → debug\r\n" +
      "2026-01-15T12:00:00.000Z,ann,password,192.0.2.9,pin," +
      `"'=SUM(""A1"")",done,1,"a, b",\r\n`,
  );
});

Deno.test("GET /audit, of another member of a cluster, as that tells it, or not in time", async () => {
  await using admin = await adminFixture();
  const base = { via: "token", address: "192.0.2.9", outcome: "done", changes: [] } as const;
  const entry = { ...base, user: "token ci", action: "evict", target: "r", detail: "" } as const;
  admin.audit.record(entry);
  const asked: string[] = [];
  const told = async (id: string, name: string): Promise<unknown> => {
    asked.push(name);
    if (id !== "b") throw new Error("cannot be reached");
    const [, search] = name.split("?");
    const query = auditQuery.parse(Object.fromEntries(new URLSearchParams(search)));
    return await auditView(admin.audit, query);
  };
  const fleet = new Fleet({ self: () => "a", others: () => [], told }, () => admin.clock.now);
  const own = openAudit({
    ...{ file: ":memory:", now: () => admin.clock.now },
    ...{ log: () => {}, failed: (error: unknown) => admin.errors.push(error) },
  });
  const app = new Hono().route("/", auditRoutes(own, fleet)).onError((error, c) =>
    renderError(error, c, () => {})
  );
  const users = async (query: string) => {
    const { items, title } = await (await app.request(`/audit?${query}`)).json();
    return items?.map(({ user }: AuditRow) => user) ?? title;
  };
  assert.deepEqual(await users(""), []);
  assert.deepEqual(await users("member=a"), []);
  assert.deepEqual(asked, []);
  assert.deepEqual(await users("member=b&user=ci&from=2026-01-01T00:00:00Z"), ["token ci"]);
  assert.deepEqual(asked, ["audit?user=ci&from=2026-01-01T00%3A00%3A00Z"]);
  assert.deepEqual(await users("member=b&to=2026-01-01T00:00:00Z"), []);
  assert.equal(await users("member=c"), "c did not answer in time");
  const csv = await app.request("/audit?member=b&format=csv");
  assert.match(await csv.text(), /\r\n2026-01-15T12:00:00.000Z,token ci,[^\r]*\r\n$/);
  assert.equal(asked.at(-1), "audit?limit=1000");
  assert.equal((await app.request("/audit?member=c&format=csv")).status, 504);
  own.close();
});
