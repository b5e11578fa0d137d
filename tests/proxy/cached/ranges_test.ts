/** Ranges of blobs: cold, joined and held, over real sockets. */
import assert from "node:assert/strict";
import { type CachedPair, cachedPair, stored } from "../../fake/pair.ts";
import { image } from "../../fake/content.ts";
import type { FakeRegistry } from "../../fake/registry.ts";

const MIB = 2 ** 20;
const app = image({ layers: [3 * MIB] });
const LAYER = app.blobs[1]!;
const PATH = `/v2/org/app/blobs/${LAYER.digest}`;

interface Setup extends CachedPair {
  get(range: string, more?: Record<string, string>): Promise<Response>;
}

async function setup(settings: Record<string, unknown> = {}): Promise<Setup> {
  const both = await cachedPair({ registry: { images: { "org/app:latest": app } }, settings });
  return Object.assign(both, {
    get: (range: string, more: Record<string, string> = {}) =>
      both.proxy.get(PATH, { headers: { range, ...more } }),
  });
}

/** Makes the next transfer of a blob stop after `after` bytes until the result is called. */
function holdAt(upstream: FakeRegistry, after: number): () => void {
  const gate = Promise.withResolvers<void>();
  upstream.fault({ path: /blobs/, action: { kind: "stall", after, until: gate.promise } });
  return gate.resolve;
}

/**
 * Brings the blob to be `how`; what is joined stops after `after` bytes until it is released. `leader`
 * is whom the others join.
 */
async function bring(s: Setup, how: "cold" | "joined" | "held", after = MIB) {
  if (how === "joined") {
    const release = holdAt(s.upstream, after);
    return { release, leader: (await s.proxy.get(PATH)).bytes() };
  }
  if (how === "held") {
    await (await s.proxy.get(PATH)).bytes();
    await stored(s);
  }
  return { release: () => {}, leader: undefined };
}

const SIZE = LAYER.bytes.length;
const KINDS: [range: string, start: number, end: number][] = [
  ["bytes=0-50", 0, 51],
  ["bytes=0-", 0, SIZE],
  [`bytes=0-${SIZE - 1}`, 0, SIZE],
  ["bytes=0-99999999", 0, SIZE],
  ["bytes=1000-", 1000, SIZE],
  ["bytes=-70000", SIZE - 70_000, SIZE],
  ["bytes=-99999999", 0, SIZE],
  [`bytes=${SIZE - 1}-`, SIZE - 1, SIZE],
  ["BYTES = 5-9".replace(" = ", "="), 5, 10],
  ["bytes=,5-9,", 5, 10],
];

for (const how of ["cold", "joined", "held"] as const) {
  Deno.test(`blob ranges, ${how}: every kind is a 206 with just those bytes`, async () => {
    for (const [range, start, end] of KINDS) {
      await using s = await setup();
      const { release, leader } = await bring(s, how, 2 * MIB);
      const asked = s.get(range);
      release();
      const response = await asked;
      assert.equal(response.status, 206, range);
      assert.equal(response.headers.get("content-range"), `bytes ${start}-${end - 1}/${SIZE}`);
      assert.equal(response.headers.get("content-length"), String(end - start));
      assert.equal(response.headers.get("etag"), `"${LAYER.digest}"`);
      assert.deepEqual(await response.bytes(), LAYER.bytes.slice(start, end), range);
      await leader;
      await stored(s);
    }
  });

  Deno.test(`blob ranges, ${how}: conditions hold`, async () => {
    const etag = `"${LAYER.digest}"`;
    const table: [Record<string, string>, number][] = [
      [{ "if-range": etag }, 206],
      [{ "if-range": '"other"' }, 200],
      [{ "if-range": `W/${etag}` }, 200],
      [{ "if-range": "Thu, 01 Jan 2026 00:00:00 GMT" }, 200],
      ...(how === "cold"
        ? []
        : [[{ "if-none-match": etag }, 304] as [Record<string, string>, number]]),
      [{ "if-none-match": '"other"' }, 206],
    ];
    for (const [headers, status] of table) {
      await using s = await setup();
      const { release, leader } = await bring(s, how);
      const response = await s.get("bytes=5-9", headers);
      assert.equal(response.status, status, JSON.stringify(headers));
      release();
      const body = await response.bytes();
      if (status === 200) assert.equal(body.length, SIZE);
      if (status === 206) assert.deepEqual(body, LAYER.bytes.slice(5, 10));
      await leader;
      await stored(s);
    }
  });

  Deno.test(`blob ranges, ${how}: one behind the end is a 416 with the size`, async () => {
    await using s = await setup();
    const { release, leader } = await bring(s, how);
    const response = await s.get(`bytes=${SIZE}-`);
    assert.equal(response.status, 416);
    assert.equal(response.headers.get("content-range"), `bytes */${SIZE}`);
    await response.body?.cancel();
    release();
    await leader;
    await stored(s);
  });
}

Deno.test("blob ranges, what has arrived comes at once, while the rest has not", async () => {
  await using s = await setup();
  const release = holdAt(s.upstream, MIB);
  const first = await s.get("bytes=0-50");
  assert.deepEqual(await first.bytes(), LAYER.bytes.slice(0, 51));
  const joined = await s.get("bytes=100-200");
  assert.deepEqual(await joined.bytes(), LAYER.bytes.slice(100, 201));
  assert.equal(s.upstream.count("GET", /blobs/), 1);
  release();
  await stored(s);
});

Deno.test("blob ranges, one that the download would come to late is asked for by itself", async () => {
  await using s = await setup({ cache: { ranges: { wait: "0s" } } });
  const release = holdAt(s.upstream, MIB);
  const leader = (await s.proxy.get(PATH)).bytes();
  const ask = async (range: string, start: number, end: number) => {
    const response = await s.get(range);
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), `bytes ${start}-${end - 1}/${SIZE}`);
    assert.equal(response.headers.get("cache-status"), "berth; fwd=partial");
    assert.deepEqual(await response.bytes(), LAYER.bytes.slice(start, end));
  };
  await ask("bytes=2500000-2500099", 2_500_000, 2_500_100);
  await ask("bytes=-100", SIZE - 100, SIZE);
  assert.equal(s.upstream.count("GET", /blobs/), 3);
  const records = s.proxy.records.filter(({ bytes }) => bytes === 100);
  assert.deepEqual(records.map(({ upstreamBytes, cache }) => [upstreamBytes, cache]), [
    [100, "miss"],
    [100, "miss"],
  ]);
  release();
  assert.equal((await leader).length, SIZE);
  await stored(s);
});

Deno.test("blob ranges, the footer of a cold blob comes first, and the whole behind it", async () => {
  await using s = await setup();
  const response = await s.get("bytes=-100");
  assert.deepEqual(await response.bytes(), LAYER.bytes.slice(-100));
  await stored(s);
  assert.equal(s.cache.stat(LAYER.digest)?.size, SIZE);
  assert.equal(s.upstream.count("GET", /blobs/), 2);
  assert.equal((await s.get("bytes=-100")).headers.get("cache-status"), "berth; hit");
});

Deno.test("blob ranges, large and open-ended ones wait for the one download", async () => {
  await using s = await setup({ cache: { ranges: { direct: "1KB", wait: "0s" } } });
  const ranges = ["bytes=0-", "bytes=1000000-", "bytes=2000000-", "bytes=2000000-2999999"];
  const all = await Promise.all(ranges.map((range) => s.get(range)));
  assert.deepEqual(all.map(({ status }) => status), [206, 206, 206, 206]);
  await Promise.all(all.map((response) => response.bytes()));
  assert.equal(s.upstream.count("GET", /blobs/), 1);
  await stored(s);
});

Deno.test("blob ranges, an upstream that ignores Range is asked for all of it, once", async () => {
  await using s = await setup();
  const whole = { kind: "answer", status: 200, body: "", headers: {} } as const;
  s.upstream.fault({ path: /blobs/, times: 1, action: whole });
  const response = await s.get("bytes=-100");
  assert.equal(response.status, 206);
  assert.deepEqual(await response.bytes(), LAYER.bytes.slice(-100));
  await stored(s);
});

Deno.test("blob ranges, several of what is here are a multipart answer", async () => {
  await using s = await setup();
  await (await s.proxy.get(PATH)).bytes();
  await stored(s);
  const response = await s.get("bytes=0-9,100-199,-5");
  assert.equal(response.status, 206);
  const type = response.headers.get("content-type")!;
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(type)![1]!;
  const body = await response.bytes();
  assert.equal(String(body.length), response.headers.get("content-length"));
  const text = Array.from(body, (byte) => String.fromCharCode(byte)).join("");
  const parts = text.split(`\r\n--${boundary}`);
  assert.equal(parts.length, 5);
  assert.equal(parts.at(-1), "--\r\n");
  const latin = (bytes: Uint8Array) => Array.from(bytes, (b) => String.fromCharCode(b)).join("");
  for (const [i, [start, end]] of [[0, 10], [100, 200], [SIZE - 5, SIZE]].entries()) {
    const [head, content] = parts[i + 1]!.split("\r\n\r\n", 2) as [string, string];
    assert.match(head, new RegExp(`Content-Range: bytes ${start}-${end! - 1}/${SIZE}$`));
    assert.ok(parts[i + 1]!.endsWith(latin(LAYER.bytes.slice(start, end))), content.slice(0, 20));
  }
});

Deno.test("blob ranges, several: what is left of them, and what is too much", async () => {
  await using s = await setup();
  await (await s.proxy.get(PATH)).bytes();
  await stored(s);
  const many = Array.from({ length: 17 }, (_, i) => `${i * 10}-${i * 10 + 1}`).join(",");
  const table: [string, number, string | null][] = [
    ["bytes=0-9,99999999-", 206, `bytes 0-9/${SIZE}`],
    ["bytes=99999998-,99999999-", 416, `bytes */${SIZE}`],
    [`bytes=${many}`, 206, `bytes 0-161/${SIZE}`],
    ["bytes=3-100,1-100,2-100,4-100", 206, `bytes 1-100/${SIZE}`],
    ["bytes=0-9,x", 200, null],
    ["bytes=9-0,1-2", 200, null],
    ["items=0-9", 200, null],
  ];
  for (const [range, status, content] of table) {
    const response = await s.get(range);
    assert.equal(response.status, status, range);
    assert.equal(response.headers.get("content-range"), content, range);
    await response.body?.cancel();
  }
});

const SEVERAL: [range: string, start: number, end: number][] = [
  ["bytes=0-9,100-199", 0, 200],
  ["bytes=2000000-2000099,1500000-1500099", 1_500_000, 2_000_100],
  ["bytes=5-9,99999999-99999999", 5, SIZE],
  ["bytes=5-9,1000000-", 5, SIZE],
  ["bytes=-5,-100", SIZE - 100, SIZE],
  ["bytes=1000000-1000099,-5", 0, SIZE],
  ["bytes=0-9,10-", 0, SIZE],
  ["bytes=0-99999998,5-99999999", 0, SIZE],
];

for (const how of ["cold", "joined"] as const) {
  Deno.test(`blob ranges, ${how}: several are answered by the one that covers them`, async () => {
    for (const [range, start, end] of SEVERAL) {
      await using s = await setup();
      const { release, leader } = await bring(s, how, 2 * MIB);
      const response = await s.get(range);
      release();
      assert.equal(response.status, 206, range);
      assert.equal(response.headers.get("content-range"), `bytes ${start}-${end - 1}/${SIZE}`);
      assert.equal(response.headers.get("content-type"), "application/octet-stream");
      assert.deepEqual(await response.bytes(), LAYER.bytes.slice(start, end), range);
      await leader;
      await stored(s);
    }
  });

  Deno.test(`blob ranges, ${how}: several behind the end are a 416`, async () => {
    await using s = await setup();
    const { release, leader } = await bring(s, how);
    const response = await s.get("bytes=99999998-99999999,99999999-");
    assert.equal(response.status, 416);
    assert.equal(response.headers.get("content-range"), `bytes */${SIZE}`);
    await response.body?.cancel();
    release();
    await leader;
    await stored(s);
  });
}

Deno.test("blob ranges, several of what is not here come as soon as one does", async () => {
  await using s = await setup();
  // The first request is for the ranges themselves, the second for the whole.
  const gate = Promise.withResolvers<void>();
  const action = { kind: "stall", after: 1000, until: gate.promise } as const;
  s.upstream.fault({ path: /blobs/, from: 2, action });
  const response = await s.get("bytes=2000000-2000099,2000200-2000299");
  assert.equal(response.headers.get("content-range"), `bytes 2000000-2000299/${SIZE}`);
  assert.equal(response.headers.get("cache-status"), "berth; fwd=partial");
  assert.deepEqual(await response.bytes(), LAYER.bytes.slice(2_000_000, 2_000_300));
  assert.equal(s.cache.stat(LAYER.digest), undefined);
  gate.resolve();
  await stored(s);
});

Deno.test("blob ranges, a few bytes asked for by many at once cost one transfer", async () => {
  await using s = await setup();
  const ranges = Array.from({ length: 10 }, (_, i) => `bytes=${i * 10}-${i * 10 + 9}`);
  const all = await Promise.all(ranges.map((range) => s.get(range)));
  assert.deepEqual(all.map(({ status }) => status), ranges.map(() => 206));
  await Promise.all(all.map((response) => response.bytes()));
  await stored(s);
  assert.equal(s.upstream.count("GET", /blobs/), 1);
});
