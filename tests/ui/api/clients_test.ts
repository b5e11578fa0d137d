import assert from "node:assert/strict";
import { Hono } from "hono";
import { Fleet } from "../../../ui/api/fleet.ts";
import { clientRoutes } from "../../../ui/api/routes/clients.ts";
import type { ClientsView } from "../../../ui/api/views/clients.ts";
import { adminFixture } from "../../fake/admin.ts";
import { settle } from "../../fake/clock.ts";
import { record } from "../../fake/records.ts";

const HOUR = 3600e3;

Deno.test("GET /pulls, says who pulled what, how long it took and what the cache had", async () => {
  await using admin = await adminFixture();
  const time = admin.clock.now - HOUR;
  const { sink } = admin.stats;
  sink(record({ kind: "manifest", reference: "v2", repository: "acme/app", time, bytes: 10 }));
  sink(record({ reference: "sha256:a", repository: "acme/app", time, durationMs: 12e3 }));
  sink(record({
    ...{ reference: "sha256:b", repository: "acme/app", time, cache: "miss", bytes: 7 },
    ...{ ended: "client closed" },
  }));
  await (await admin.call("/pulls")).body?.cancel();
  await settle();
  const { items, next } = await (await admin.call("/pulls?image=acme/app&result=broken")).json();
  assert.equal(next, null);
  const { id: _, ...pull } = items[0];
  assert.deepEqual(pull, {
    ...{ time, durationMs: 12e3, client: "10.0.0.1", clientName: "node-1.test", user: "" },
    ...{ userAgent: "containerd/2.1", registry: "docker", repository: "acme/app" },
    ...{ reference: "v2", requests: 3, blobs: 2, cachedBlobs: 1, bytes: 1017, cachedBytes: 1010 },
    ...{ result: "broken", message: "client closed" },
  });
  for (const query of ["result=complete", "user=ci", "client=10.0.0.2", "image=acme/web"]) {
    assert.deepEqual(await (await admin.call(`/pulls?${query}`)).json(), { items: [], next: null });
  }
  const named = await (await admin.call("/pulls?client=NODE-1")).json();
  assert.equal(named.items.length, 1);
});

Deno.test("GET /pulls, from and to as RFC 3339, page by page", async () => {
  await using admin = await adminFixture();
  const { now } = admin.clock;
  for (let i = 0; i < 3; i++) {
    const time = now - (i + 1) * HOUR;
    admin.stats.sink(record({ kind: "manifest", reference: `v${i}`, time }));
  }
  const from = encodeURIComponent(new Date(now - 2.5 * HOUR).toISOString());
  const to = encodeURIComponent("2026-01-15T11:30:00+01:00");
  const all = await (await admin.call(`/pulls?from=${from}`)).json();
  assert.equal(all.items.length, 2);
  const some = await (await admin.call(`/pulls?from=${from}&to=${to}`)).json();
  assert.deepEqual(some.items.map((pull: { reference: string }) => pull.reference), ["v1"]);
  const first = await (await admin.call("/pulls?limit=1")).json();
  const second = await (await admin.call(`/pulls?limit=1&before=${first.next}`)).json();
  assert.notEqual(first.items[0].id, second.items[0].id);
  const wrong = await admin.call("/pulls?from=yesterday");
  assert.equal(wrong.status, 400);
  assert.match(
    (await wrong.json()).detail,
    /from: found "yesterday", expected a time such as 2026-/,
  );
});

Deno.test("GET /pulls and /clients as CSV, with what clients say never a formula", async () => {
  await using admin = await adminFixture();
  const time = admin.clock.now - HOUR;
  for (let i = 0; i < 1500; i++) {
    const fields = { repository: `app/${i}`, userAgent: '=cmd("x"),1' };
    admin.stats.sink(record({ kind: "manifest", reference: "v1", time, ...fields }));
  }
  const asked = { headers: { accept: "text/csv" } };
  const response = await admin.call("/pulls", asked);
  assert.match(response.headers.get("content-type")!, /^text\/csv/);
  const lines = (await response.text()).trimEnd().split("\r\n");
  assert.equal(lines.length, 1501);
  assert.match(lines[0]!, /^time,duration_ms,client,client_name,user,user_agent,registry,/);
  assert.ok(lines[1]!.startsWith(`${new Date(time).toISOString()},2,10.0.0.1,`), lines[1]);
  assert.ok(lines[1]!.includes(`,"'=cmd(""x""),1",docker,`), lines[1]);
  const clients = await (await admin.call("/clients?format=csv")).text();
  assert.match(clients, /^client,name,user,.*bypass\r\n10\.0\.0\.1,/);
  assert.match(clients, /,1500,1500,/);
});

Deno.test("GET /pulls and /clients as CSV, of another member of a cluster, all pages of it", async () => {
  await using there = await adminFixture();
  const time = there.clock.now - HOUR;
  for (let i = 0; i < 1500; i++) {
    there.stats.sink(record({ kind: "manifest", reference: "v1", time, repository: `app/${i}` }));
  }
  const asked: string[] = [];
  const told = async (_: string, name: string): Promise<unknown> => {
    asked.push(name);
    return await (await there.call(`/${name}`)).json();
  };
  const fleet = new Fleet({ self: () => "a", others: () => [], told }, () => there.clock.now, 10e3);
  const app = new Hono().route("/", clientRoutes({} as ClientsView, fleet));
  const pulls = await (await app.request("/pulls?member=b&format=csv&limit=10000")).text();
  assert.equal(pulls.trimEnd().split("\r\n").length, 1501);
  assert.deepEqual(asked, ["pulls?limit=1000", "pulls?limit=1000&before=501"]);
  const clients = await (await app.request("/clients?member=b&format=csv")).text();
  assert.match(clients, /\r\n10\.0\.0\.1,[^\r]*,1500,1500,[^\r]*\r\n$/);
});

Deno.test("GET /clients, with names, and those who probably bypass the mirror", async () => {
  await using admin = await adminFixture();
  const { clock, stats } = admin;
  const day = 24 * HOUR;
  const end = clock.now;
  for (let back = 20; back >= 0; back--) {
    clock.now = end - back * day;
    for (let i = 0; i < 2; i++) {
      const fields = { kind: "manifest", time: clock.now, repository: `app/${back}-${i}` } as const;
      stats.sink(record({ ...fields, reference: "1" }));
      if (back > 9) stats.sink(record({ ...fields, client: "10.0.0.2", reference: "1" }));
    }
    stats.flush();
  }
  await (await admin.call("/clients")).body?.cancel();
  await settle();
  const { items, total, bypassing } = await (await admin.call("/clients?sort=pulls")).json();
  assert.equal(total, 1);
  assert.deepEqual([items[0].name, items[0].bypass.kind], ["node-1.test", "elsewhere"]);
  const kinds = bypassing.map((it: { client: string; kind: string }) => [it.client, it.kind]);
  assert.deepEqual(kinds.sort(), [["10.0.0.1", "elsewhere"], ["10.0.0.2", "elsewhere"]]);
  const { items: images } = await (await admin.call("/pulls/images?limit=1")).json();
  assert.equal(images.length, 1);
});

Deno.test("GET /clients, 5,000 of them", async () => {
  await using admin = await adminFixture();
  for (let i = 0; i < 5000; i++) {
    admin.stats.sink(record({
      kind: "manifest",
      reference: "v1",
      time: admin.clock.now,
      client: `10.1.${i >> 8}.${i & 255}`,
    }));
  }
  const { items, total } = await (await admin.call("/clients?page=100&sort=client")).json();
  assert.deepEqual([items.length, total], [50, 5000]);
});
