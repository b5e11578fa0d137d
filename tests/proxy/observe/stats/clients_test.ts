import assert from "node:assert/strict";
import { ClientBook } from "../../../../proxy/observe/stats/clients.ts";
import { openStats } from "../../../../proxy/observe/stats/stats.ts";
import { record } from "../../../fake/records.ts";

const NOON = Date.UTC(2026, 0, 15, 12);
const HOUR = 3600e3;
const DAY = 24 * HOUR;

const QUERY = { sort: "last", desc: true, limit: 50, offset: 0 } as const;

function fixture() {
  const clock = { now: NOON };
  const stats = openStats({ file: ":memory:", now: () => clock.now, flushMs: 0 });
  const clients = (from = clock.now - DAY, more: object = {}) =>
    stats.clients().clients({ ...QUERY, now: clock.now, from, to: clock.now + 1, ...more });
  return { clock, stats, clients, [Symbol.dispose]: () => stats.close() };
}

Deno.test("Stats, counts each client apart, with what it really got", () => {
  using it = fixture();
  const { stats, clients } = it;
  const manifest = { kind: "manifest", reference: "1", time: NOON } as const;
  stats.sink(record({ ...manifest, clientName: "node-7" }));
  stats.sink(record({ time: NOON + 5, bytes: 3, cache: "miss", ended: "client closed" }));
  stats.sink(record({ time: NOON, status: 404, cache: "none", bytes: 0 }));
  stats.sink(record({ time: NOON, status: 502, cache: "none", bytes: 0, limited: "ci" }));
  stats.sink(record({ ...manifest, user: "ci", userAgent: "skopeo/1" }));
  stats.sink(record({ kind: "page", client: "10.9.9.9" }));
  stats.sink(record({ kind: "ping", client: "10.9.9.9" }));
  const { items, total } = clients();
  assert.equal(total, 2);
  const [node, ci] = items;
  assert.deepEqual(
    [node!.client, node!.user, node!.clientName, node!.userAgent],
    ["10.0.0.1", "", "node-7", "containerd/2.1"],
  );
  assert.deepEqual(
    [node!.requests, node!.pulls, node!.hits, node!.misses, node!.errors, node!.refused],
    [4, 1, 1, 1, 1, 1],
  );
  assert.deepEqual([node!.bytes, node!.cachedBytes, node!.limited], [1003, 1000, 1]);
  assert.deepEqual([node!.images, node!.manifests, node!.blobs, node!.last], [1, 1, 1, NOON + 5]);
  assert.deepEqual([ci!.user, ci!.userAgent, ci!.pulls], ["ci", "skopeo/1", 1]);
});

Deno.test("Stats, clients by range, search, order and page", () => {
  using it = fixture();
  const { clock, stats, clients } = it;
  for (let day = 0; day < 3; day++) {
    clock.now = NOON + day * DAY;
    for (let i = 0; i <= day; i++) {
      stats.sink(record({ client: `10.0.0.${i}`, time: clock.now, bytes: 10 * (i + 1) }));
    }
    stats.flush();
  }
  const names = (from?: number, more?: object) => clients(from, more).items.map((c) => c.client);
  assert.deepEqual(names(clock.now - HOUR, { sort: "client", desc: false }), [
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
  ]);
  assert.deepEqual(names(NOON, { sort: "requests" }), ["10.0.0.0", "10.0.0.1", "10.0.0.2"]);
  assert.equal(clients(NOON, { sort: "client", desc: false }).items[0]!.requests, 3);
  assert.deepEqual(names(NOON, { sort: "bytes", limit: 1, offset: 1 }), ["10.0.0.0"]);
  assert.equal(clients(NOON, { limit: 1 }).total, 3);
  assert.deepEqual(names(NOON, { search: "0.0.2" }), ["10.0.0.2"]);
  assert.deepEqual(names(NOON, { search: "node", named: ["10.0.0.1"] }), ["10.0.0.1"]);
  assert.deepEqual(names(NOON, { search: "CONTAINERD", address: "10.0.0.0" }), ["10.0.0.0"]);
  assert.deepEqual(names(NOON, { search: "%" }), []);
  assert.equal(clients(NOON + DAY, { to: NOON + 2 * DAY - 12 * HOUR }).total, 2, "yesterday");
});

Deno.test("Stats, clients and pulls are forgotten after a month", () => {
  using it = fixture();
  const { clock, stats, clients } = it;
  stats.sink(record({ kind: "manifest", reference: "1", time: NOON }));
  stats.flush();
  clock.now += 30 * DAY;
  stats.flush();
  const pulls = () => stats.clients().pulls({ from: 0, to: clock.now }, 10).length;
  assert.deepEqual([clients(0).total, pulls()], [1, 1]);
  clock.now += 2 * DAY;
  stats.flush();
  assert.deepEqual([clients(0).total, pulls()], [0, 0]);
});

Deno.test("Stats, pulls by client, image, user and result, page by page", () => {
  using it = fixture();
  const { stats } = it;
  const ask = (fields: object) => stats.sink(record({ kind: "manifest", time: NOON, ...fields }));
  ask({ reference: "v1", repository: "acme/app", clientName: "node-7" });
  ask({ reference: "v2", repository: "acme/app", user: "ci" });
  ask({ reference: "v1", repository: "acme/web", client: "10.0.0.2", status: 404 });
  const found = (filter: object, limit = 10, before?: number) =>
    stats.clients().pulls({ from: NOON, to: NOON + 1, ...filter }, limit, before)
      .map(({ repository, reference }) => `${repository}:${reference}`);
  assert.deepEqual(found({}), ["acme/web:v1", "acme/app:v2", "acme/app:v1"]);
  assert.deepEqual(found({ client: "NODE-7" }), ["acme/app:v1"]);
  assert.deepEqual(found({ client: "x", named: ["10.0.0.2"] }), ["acme/web:v1"]);
  assert.deepEqual(found({ image: "docker/acme/app:v" }), ["acme/app:v2", "acme/app:v1"]);
  assert.deepEqual(found({ user: "ci" }), ["acme/app:v2"]);
  assert.deepEqual(found({ result: "failed" }), ["acme/web:v1"]);
  assert.deepEqual(found({ from: NOON + 1, to: NOON + 2 }), []);
  const { id } = stats.clients().pulls({ from: 0, to: NOON + 1 }, 1)[0]!;
  assert.deepEqual(found({}, 1, id), ["acme/app:v2"]);
  assert.deepEqual(
    stats.clients().topImages({ from: NOON, to: NOON + 1 }, 5)
      .map(({ repository, pulls, clients }) => [repository, pulls, clients]),
    [["acme/app", 2, 1]],
  );
  ask({ reference: "RC-1", repository: "acme/db" });
  assert.deepEqual(found({ image: "acme/db:RC-1" }), ["acme/db:RC-1"]);
});

Deno.test("Stats, clients are counted once where only a part of what is written can be", () => {
  using it = fixture();
  const { stats } = it;
  const { storage } = stats;
  const flush = storage.flush.bind(storage);
  stats.sink(record({ time: NOON }));
  storage.flush = () => {
    throw new Error("no room");
  };
  stats.flush();
  assert.equal(stats.writeError, "no room");
  storage.flush = flush;
  stats.flush();
  assert.deepEqual([stats.writeError, it.clients().items[0]?.requests], ["", 1]);
});

Deno.test("ClientBook, so many are told apart, and those who were given nothing only half of them", () => {
  const book = new ClientBook(4);
  const add = (client: string, status: number, now = NOON) =>
    book.add(record({ client, status }), false, now);
  for (let i = 0; i < 10; i++) add(`10.1.0.${i}`, 404);
  for (let i = 0; i < 10; i++) add(`10.2.0.${i}`, 200);
  const told = book.take();
  assert.deepEqual(told.map(({ client, requests }) => [client, requests]), [
    ["10.1.0.0", 1],
    ["10.1.0.1", 1],
    ["", 16],
    ["10.2.0.0", 1],
    ["10.2.0.1", 1],
  ]);
  add("10.1.0.9", 404, NOON + DAY);
  assert.equal(book.take()[0]!.client, "10.1.0.9", "the next day");
});
