/** What is recorded of an answer is what the client got, whichever way it ended. */
import assert from "node:assert/strict";
import { cachedPair, type Pair, pair, stored } from "../../fake/pair.ts";
import type { Cache } from "../../../cache/api.ts";
import type { ProxyParts } from "../../../proxy/app.ts";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import type { TestProxy } from "../../fake/proxy.ts";
import type { RequestRecord } from "../../../proxy/observe/record.ts";

const MIB = 2 ** 20;
const app = image({ layers: [24 * MIB, 3 * MIB, 5000] });
const [LARGE, MEDIUM, SMALL] = app.blobs.slice(1) as [Blob, Blob, Blob];
type Blob = typeof app.blobs[number];
const pathOf = (blob: Blob) => `/v2/org/app/blobs/${blob.digest}`;

interface Setup extends Pair {
  cache: Cache | undefined;
  late: number[];
}

async function setup(
  settings: Record<string, unknown> = {},
  cached = true,
  parts: Partial<ProxyParts> = {},
): Promise<Setup> {
  const late: number[] = [];
  const onLateBytes = (_: string, bytes: number) => void late.push(bytes);
  const registry = { images: { "org/app:latest": app } };
  const options = { registry, settings, parts: { onLateBytes, ...parts } };
  if (!cached) return Object.assign(await pair(options), { cache: undefined, late });
  return Object.assign(await cachedPair(options, { retries: 0 }), { late });
}

/** The first record that `proxy` has or gets. */
async function recorded({ records }: TestProxy, count = 1): Promise<RequestRecord> {
  while (records.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  return records[count - 1]!;
}

/** Asks by a socket of its own, reads so many bytes, and closes or keeps it. */
async function take(proxy: TestProxy, path: string, bytes: number): Promise<Deno.TcpConn> {
  const [hostname, port] = proxy.host.split(":");
  const socket = await Deno.connect({ hostname: hostname!, port: Number(port) });
  await socket.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
  const buffer = new Uint8Array(bytes);
  for (let got = 0; got < bytes;) got += await socket.read(buffer.subarray(got)) ?? bytes;
  return socket;
}

Deno.test("records, a whole answer is complete with its bytes, by miss, hit and chunks", async () => {
  await using s = await setup();
  for (const [index, result] of ["miss", "hit"].entries()) {
    assert.equal((await (await s.proxy.get(pathOf(MEDIUM))).bytes()).length, 3 * MIB);
    const record = await recorded(s.proxy, index + 1);
    assert.deepEqual([record.ended, record.bytes, record.cache], ["complete", 3 * MIB, result]);
    await stored({ cache: s.cache! });
  }
  assert.equal(s.proxy.records[0]!.upstreamBytes, 3 * MIB);
  s.upstream.fault({ path: /blobs/, action: { kind: "no-length" } });
  const chunked = await s.proxy.get(pathOf(SMALL));
  assert.equal((await chunked.bytes()).length, 5000);
  assert.equal((await recorded(s.proxy, 3)).bytes, 5000);
});

Deno.test("records, a list and an error have their bytes, too", async () => {
  await using s = await setup();
  const list = await (await s.proxy.get("/v2/org/app/tags/list")).bytes();
  assert.equal((await recorded(s.proxy)).bytes, list.length);
  const error = await (await s.proxy.get("/v2/org/nothing/manifests/1")).bytes();
  assert.equal((await recorded(s.proxy, 2)).bytes, error.length);
});

for (const cached of [true, false]) {
  Deno.test(`records, a client that leaves has what it took (cache: ${cached})`, async () => {
    await using s = await setup({}, cached);
    const gate = Promise.withResolvers<void>();
    s.upstream.fault({ path: /blobs/, action: { kind: "stall", after: MIB, until: gate.promise } });
    (await take(s.proxy, pathOf(LARGE), 447)).close();
    const record = await recorded(s.proxy);
    gate.resolve();
    assert.equal(record.ended, "client closed");
    assert.ok(record.bytes >= 1 && record.bytes <= MIB, String(record.bytes));
    assert.equal(record.error, "");
  });
}

Deno.test("records, a client that leaves a hit has what it took", async () => {
  await using s = await setup();
  await (await s.proxy.get(pathOf(LARGE))).bytes();
  await stored({ cache: s.cache! });
  (await take(s.proxy, pathOf(LARGE), 447)).close();
  const record = await recorded(s.proxy, 2);
  assert.deepEqual([record.ended, record.cache], ["client closed", "hit"]);
  assert.ok(record.bytes < 16 * MIB, String(record.bytes));
});

Deno.test("records, what comes for a client that has gone is counted beside its record", async () => {
  await using s = await setup();
  const gate = Promise.withResolvers<void>();
  s.upstream.fault({ path: /blobs/, action: { kind: "stall", after: MIB, until: gate.promise } });
  (await take(s.proxy, pathOf(LARGE), 447)).close();
  const { upstreamBytes } = await recorded(s.proxy);
  gate.resolve();
  const again = await (await s.proxy.get(pathOf(LARGE))).bytes();
  assert.equal(again.length, 24 * MIB);
  assert.equal(upstreamBytes + s.late.reduce((sum, bytes) => sum + bytes, 0), 24 * MIB);
});

Deno.test("records, upstream that breaks off is told, with the bytes that were passed on", async () => {
  await using s = await setup({ upstream: { retries: 0 } });
  s.upstream.fault({ path: /blobs/, times: Infinity, action: { kind: "cut", after: 2 * MIB } });
  const response = await s.proxy.get(pathOf(LARGE));
  assert.equal(response.status, 200);
  await assert.rejects(response.bytes());
  const record = await recorded(s.proxy);
  assert.equal(record.ended, "upstream broke off");
  assert.ok(record.bytes <= 2 * MIB && record.bytes > 0, String(record.bytes));
  assert.equal(record.error, "UNAVAILABLE");
});

Deno.test("records, large content that is wrong ends short and is called damaged", async () => {
  await using s = await setup();
  s.upstream.fault({ path: /blobs/, times: Infinity, action: { kind: "corrupt" } });
  await assert.rejects((await s.proxy.get(pathOf(MEDIUM))).bytes());
  const record = await recorded(s.proxy);
  assert.equal(record.ended, "damaged");
  assert.ok(record.bytes < 3 * MIB, String(record.bytes));
});

Deno.test("records, small content that is wrong is a 502 and not a broken 200", async () => {
  await using s = await setup();
  s.upstream.fault({ path: /blobs/, times: Infinity, action: { kind: "corrupt" } });
  const response = await s.proxy.get(pathOf(SMALL));
  assert.equal(response.status, 502);
  assert.match((await response.json()).errors[0].message, /did not send the content/);
  const record = await recorded(s.proxy);
  assert.deepEqual([record.status, record.ended], [502, "complete"]);
});

Deno.test("records, a client that never reads is given up after timeouts.send", async () => {
  const clock = new FakeClock();
  const parts = { clock, now: clock.now };
  await using s = await setup({ timeouts: { send: "1m" } }, true, parts);
  await (await s.proxy.get(pathOf(LARGE))).bytes();
  const socket = await take(s.proxy, pathOf(LARGE), 1);
  while (s.proxy.records.length < 2) await clock.advance(60_000);
  const record = await recorded(s.proxy, 2);
  socket.close();
  assert.equal(record.ended, "client stalled");
  assert.ok(record.bytes < 24 * MIB, String(record.bytes));
});
