import assert from "node:assert/strict";
import { adminFixture } from "../fake/admin.ts";
import { record } from "../fake/records.ts";

Deno.test("createAdmin, every answer carries the security headers", async () => {
  await using admin = await adminFixture();
  for (const path of ["/", "/healthz", "/api/v1/session", "/api/v1/stats", "/x.js"]) {
    const { headers } = await admin.ask(path);
    const policy = headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'self'/, path);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.equal(headers.get("strict-transport-security"), null);
    if (path.startsWith("/api")) assert.equal(headers.get("cache-control"), "no-store", path);
  }
});

Deno.test("createAdmin, an OpenAPI document from the same schemas", async () => {
  await using admin = await adminFixture();
  const document = await (await admin.ask("/api/v1/openapi.json")).json();
  assert.equal(document.openapi, "3.1.0");
  assert.ok(document.paths["/stats"].get.responses["200"]);
  assert.ok(document.components.schemas.Problem);
  assert.deepEqual(Object.keys(document.components.securitySchemes), ["token", "session"]);
  assert.deepEqual(document.security, [{ token: [] }, { session: [] }]);
  assert.deepEqual(document.paths["/login"].post.security, []);
});

Deno.test("createAdmin, what does not fit the schema is told field by field", async () => {
  await using admin = await adminFixture();
  const headers = { cookie: await admin.login() };
  const query = await admin.ask("/api/v1/activity?limit=0", { headers });
  assert.equal(query.status, 400);
  assert.equal(query.headers.get("content-type"), "application/problem+json");
  assert.equal((await query.json()).fields[0].path, "limit");
  const missing = await admin.ask("/api/v1/login", { body: { username: "admin" } });
  assert.equal(missing.status, 422);
  assert.equal((await missing.json()).fields[0].path, "password");
  const malformed = await admin.ask("/api/v1/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  assert.equal(malformed.status, 400);
  assert.equal(malformed.headers.get("content-type"), "application/problem+json");
});

Deno.test("createAdmin, errors of our own are logged and not shown", async () => {
  await using admin = await adminFixture();
  const headers = { cookie: await admin.login() };
  admin.stats.totals = () => {
    throw new Error("secret detail");
  };
  const response = await admin.ask("/api/v1/stats", { headers });
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret detail/);
  assert.equal((admin.errors[0] as Error).message, "secret detail");
});

Deno.test("createAdmin, unknown paths of the API are problems, too large bodies too", async () => {
  await using admin = await adminFixture();
  const headers = { cookie: await admin.login() };
  const unknown = await admin.ask("/api/v1/nothing", { headers });
  assert.deepEqual([unknown.status, (await unknown.json()).type], [404, "/problems/not-found"]);
  const large = await admin.ask("/api/v1/login", { body: { username: "x".repeat(2e6) } });
  assert.equal(large.status, 413);
  assert.equal((await large.json()).status, 413);
});

Deno.test("stats, totals, series and registries of a period", async () => {
  await using admin = await adminFixture();
  const headers = { cookie: await admin.login() };
  const start = admin.clock.now;
  admin.stats.sink(record({ time: start, bytes: 100 }));
  admin.stats.sink(record({ time: start, registry: "quay", cache: "miss", upstreamBytes: 7 }));
  admin.clock.now += 60e3;
  admin.stats.sink(record({ time: admin.clock.now }));
  const get = async (query: string) =>
    await (await admin.ask(`/api/v1/stats?${query}`, { headers })).json();

  const hour = await get("period=1h");
  assert.equal(hour.stepMs, 60e3);
  assert.equal(hour.since, start);
  assert.deepEqual(
    hour.series.map(({ time, requests }: { time: number; requests: number }) => [time, requests]),
    [[start, 2], [start + 60e3, 1]],
  );
  assert.deepEqual([hour.total.requests, hour.total.hits, hour.total.misses], [3, 2, 1]);
  assert.deepEqual(hour.registries.map(({ name }: { name: string }) => name), ["docker", "quay"]);
  assert.equal(hour.previous, null);

  assert.equal((await get("period=24h")).stepMs, 600e3);
  assert.equal((await get("period=30d")).stepMs, 86400e3);
  assert.equal((await get("period=30d")).total.requests, 3);
  assert.equal((await get("period=1h&registry=quay")).total.requests, 1);
  assert.equal((await get(`period=24h&from=${start}&to=${start + 60e3}`)).total.requests, 2);
});

Deno.test("activity, pages, filters and one request", async () => {
  await using admin = await adminFixture();
  const headers = { cookie: await admin.login() };
  for (let i = 0; i < 5; i++) admin.stats.sink(record({ id: `a${i}` }));
  admin.stats.sink(record({ id: "quay", registry: "quay", status: 502 }));
  const get = async (path: string) => {
    const response = await admin.ask(`/api/v1/activity${path}`, { headers });
    return response.ok ? await response.json() : response.status;
  };
  const ids = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
  const first = await get("?limit=4");
  assert.deepEqual([ids(first), first.remembered], [["quay", "a4", "a3", "a2"], 6]);
  const second = await get(`?limit=4&before=${first.next}`);
  assert.deepEqual([ids(second), second.next], [["a1", "a0"], null]);
  assert.deepEqual(ids(await get("?errors=true")), ["quay"]);
  assert.equal((await get("/quay")).status, 502);
  assert.equal(await get("/gone"), 404);
});
