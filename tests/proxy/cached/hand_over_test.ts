/** Which answers leave the body to the proxy in front, what they say, and what is recorded. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf, image } from "../../fake/content.ts";
import { type CachedPair, cachedPair, type PairOptions, stored } from "../../fake/pair.ts";
import { FakeClock } from "../../fake/clock.ts";
import { send } from "../../fake/http.ts";
import { MANIFEST } from "./cached_pair.ts";

const MIB = 2 ** 20;
const app = image({ layers: [3 * MIB, 4096] });
const [, LAYER, SMALL] = app.blobs as [unknown, typeof app.blobs[0], typeof app.blobs[0]];
const PATH = `/v2/org/app/blobs/${LAYER!.digest}`;
const SIZE = LAYER!.bytes.length;
const HEX = LAYER!.digest.slice("sha256:".length);
const FILE = `sha256/${HEX.slice(0, 2)}/${HEX}`;
const ETAG = `"${LAYER!.digest}"`;

/** Behind a proxy on loopback that sends files, where `settings` say nothing else. */
function setup(
  settings: Record<string, unknown> = {},
  options: PairOptions = {},
  cache: Parameters<typeof cachedPair>[1] = {},
): Promise<CachedPair> {
  return cachedPair({
    registry: { images: { "org/app:latest": app } },
    settings: {
      trusted_proxies: ["127.0.0.1"],
      cache: { accel_redirect: "/berth-blobs/" },
      ...settings,
    },
    ...options,
  }, cache);
}

/** Pulls everything once, and waits until it is stored. */
async function pull(t: CachedPair): Promise<void> {
  await (await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST)).bytes();
  for (const { digest } of app.blobs) {
    await (await t.proxy.get(`/v2/org/app/blobs/${digest}`)).bytes();
  }
  await stored(t);
}

type Asked = { path?: string; method?: string; headers?: Record<string, string> };

const HANDED_OVER: [what: string, request: Asked, bytes: number, status: number][] = [
  ["all of it", {}, SIZE, 200],
  ["a range", { headers: { range: "bytes=0-50" } }, 51, 206],
  ["a range to the end", { headers: { range: "bytes=1000-" } }, SIZE - 1000, 206],
  ["a range past the end", { headers: { range: "bytes=10-99999999" } }, SIZE - 10, 206],
  ["the last bytes", { headers: { range: "bytes=-70000" } }, 70_000, 206],
  [
    "a range of what the client knows",
    {
      headers: { range: "bytes=0-9", "if-range": ETAG },
    },
    10,
    206,
  ],
  ["another than the client has", { headers: { "if-none-match": '"other"' } }, SIZE, 200],
];

Deno.test("handOver, a large blob that is here goes out as its headers and the path of its file", async () => {
  await using t = await setup();
  await pull(t);
  const asked = t.upstream.log.length;
  for (const [what, { headers = {} }, bytes, status] of HANDED_OVER) {
    const response = await t.proxy.get(PATH, { headers });
    assert.equal(response.status, 200, what);
    assert.equal((await response.bytes()).length, 0, what);
    assert.equal(response.headers.get("x-accel-redirect"), `/berth-blobs/${FILE}`, what);
    assert.equal(response.headers.get("content-range"), null, what);
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    assert.equal(response.headers.get("docker-content-digest"), LAYER!.digest);
    assert.equal(response.headers.get("etag"), ETAG);
    assert.equal(response.headers.get("cache-status"), "berth; hit");
    assert.equal(response.headers.get("accept-ranges"), status === 206 ? "bytes" : null, what);
    const record = t.proxy.records.at(-1)!;
    assert.deepEqual(
      [record.cache, record.ended, record.bytes, record.status, record.upstreamBytes],
      ["hit", "handed over", bytes, status, 0],
      what,
    );
  }
  assert.equal(t.upstream.log.length, asked);
  const bytes = await Deno.readFile(join(t.dir, "blobs", FILE));
  assert.equal(digestOf(bytes), LAYER!.digest);
});

const SENT: [what: string, request: Asked, status: number, body: number | undefined][] = [
  ["HEAD", { method: "HEAD" }, 200, 0],
  ["what the client has", { headers: { "if-none-match": ETAG } }, 304, 0],
  ["several ranges", { headers: { range: "bytes=0-9,100-199" } }, 206, undefined],
  ["one range in a list", { headers: { range: "bytes=,5-9," } }, 206, 5],
  ["a malformed range", { headers: { range: "bytes=a-b" } }, 200, SIZE],
  ["another unit", { headers: { range: "lines=0-9" } }, 200, SIZE],
  ["a range of something else", { headers: { range: "bytes=0-9", "if-range": '"x"' } }, 200, SIZE],
  ["a range behind the end", { headers: { range: `bytes=${SIZE}-` } }, 416, undefined],
  ["no last bytes", { headers: { range: "bytes=-0" } }, 416, undefined],
  ["a range upside down", { headers: { range: "bytes=9-0" } }, 416, undefined],
  ["If-Match", { headers: { "if-match": ETAG } }, 200, SIZE],
  [
    "If-Modified-Since",
    { headers: { "if-modified-since": "Thu, 01 Jan 2037 00:00:00 GMT" } },
    200,
    SIZE,
  ],
  ["sent back", { headers: { "x-berth-accel": "no" } }, 200, SIZE],
  [
    "sent back, a range",
    {
      headers: { "x-berth-accel": "no", range: "bytes=0-9" },
    },
    206,
    10,
  ],
  ["a small blob", { path: `/v2/org/app/blobs/${SMALL!.digest}` }, 200, 4096],
  [
    "a manifest",
    {
      path: `/v2/org/app/manifests/${app.root.digest}`,
      ...MANIFEST,
    },
    200,
    app.root.bytes.length,
  ],
  ["a tag", { path: "/v2/org/app/manifests/latest", ...MANIFEST }, 200, app.root.bytes.length],
  ["what is nowhere", { path: PATH.replace(/.{4}$/, "0000") }, 404, undefined],
];

Deno.test("handOver, everything else is answered here", async () => {
  await using t = await setup();
  await pull(t);
  for (const [what, { path = PATH, ...init }, status, length] of SENT) {
    const response = await t.proxy.get(path, init);
    assert.equal(response.headers.get("x-accel-redirect"), null, what);
    assert.equal(response.status, status, what);
    const body = await response.bytes();
    if (length !== undefined) assert.equal(body.length, length, what);
    if (length === SIZE) assert.equal(digestOf(body), LAYER!.digest);
    assert.notEqual(t.proxy.records.at(-1)!.ended, "handed over", what);
  }
});

Deno.test("handOver, a miss and who joins it have the bytes from here", async () => {
  await using t = await setup();
  await (await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST)).bytes();
  const gate = Promise.withResolvers<void>();
  t.upstream.fault({ path: /blobs/, action: { kind: "stall", after: MIB, until: gate.promise } });
  const [miss, joined] = [await t.proxy.get(PATH), await t.proxy.get(PATH)];
  gate.resolve();
  for (const response of [miss, joined]) {
    assert.equal(response.headers.get("x-accel-redirect"), null);
    assert.equal(digestOf(await response.bytes()), LAYER!.digest);
  }
  await stored(t);
  assert.match((await t.proxy.get(PATH)).headers.get("x-accel-redirect")!, /^\/berth-blobs\/sha/);
});

Deno.test("handOver, nobody but a trusted proxy learns of files, whatever it says of itself", async () => {
  const table: [what: string, settings: Record<string, unknown>][] = [
    ["no proxy is trusted", { trusted_proxies: [] }],
    ["another is", { trusted_proxies: ["10.0.0.1"] }],
    ["it is off", { cache: {} }],
  ];
  for (const [what, settings] of table) {
    await using t = await setup(settings);
    await pull(t);
    for (const accel of ["yes", "no", ""]) {
      const headers = {
        "x-berth-accel": accel,
        "x-accel-mapping": "/=/berth-blobs/",
        "x-sendfile-type": "X-Accel-Redirect",
        "x-forwarded-for": "10.0.0.1",
      };
      const response = await t.proxy.get(PATH, { headers });
      assert.equal(response.headers.get("x-accel-redirect"), null, what);
      assert.equal(digestOf(await response.bytes()), LAYER!.digest, what);
    }
  }
});

Deno.test("handOver, a client that may not have the blob is refused first", async () => {
  await using t = await setup({
    allowed_networks: ["127.0.0.0/8", "192.0.2.1"],
  }, { hub: { deny: ["org/secret"] } });
  await pull(t);
  const outside = await t.proxy.get(PATH, { headers: { "x-forwarded-for": "198.51.100.7" } });
  const denied = await t.proxy.get(PATH.replace("org/app", "org/secret"));
  const elsewhere = await t.proxy.get(PATH.replace("org/app", "org/other"));
  assert.deepEqual([outside.status, denied.status, elsewhere.status], [403, 403, 404]);
  for (const response of [outside, denied, elsewhere]) {
    assert.equal(response.headers.get("x-accel-redirect"), null);
    await response.bytes();
  }
  const inside = await t.proxy.get(PATH, { headers: { "x-forwarded-for": "192.0.2.1" } });
  assert.equal(inside.headers.get("x-accel-redirect"), `/berth-blobs/${FILE}`);
  assert.equal(t.proxy.records.at(-1)!.client, "192.0.2.1");
});

Deno.test("handOver, no spelling of a digest leads out of the prefix", async () => {
  await using t = await setup();
  await pull(t);
  for (
    const digest of [`${LAYER!.digest}/../..`, `sha256:../../${HEX}`, `sha256:${HEX}%2f..%2fx`]
  ) {
    const target = `/v2/org/app/blobs/${digest}`;
    const response = await send(t.proxy.host, { host: t.proxy.host, target });
    assert.equal(response.headers.get("x-accel-redirect"), null, digest);
    assert.ok(response.status >= 400, digest);
  }
});

Deno.test("handOver, what is due to be compared goes through here, and damage is mended on the way", async () => {
  const clock = new FakeClock();
  await using t = await setup({}, {}, { clock, verifyEvery: 3600e3 });
  await pull(t);
  const accel = async () => {
    const response = await t.proxy.get(PATH);
    const body = await response.bytes();
    const file = response.headers.get("x-accel-redirect");
    if (file === null) assert.equal(digestOf(body), LAYER!.digest);
    return file;
  };
  assert.ok(await accel());
  await clock.skip(3600e3 + 1);
  assert.equal(await accel(), null, "due");
  while (t.cache.stat(LAYER!.digest)?.verified !== clock.now()) await clock.skip(0);
  assert.ok(await accel(), "compared");

  using file = await Deno.open(join(t.dir, "blobs", FILE), { write: true });
  await file.seek(-1, Deno.SeekMode.End);
  await file.write(new Uint8Array([LAYER!.bytes.at(-1)! ^ 0xff]));
  await clock.skip(3600e3 + 1);
  assert.equal(await accel(), null, "due, and damaged");
  await stored(t);
  assert.ok(await accel(), "fetched anew");
  assert.equal(digestOf(await Deno.readFile(join(t.dir, "blobs", FILE))), LAYER!.digest);
});

Deno.test("handOver, what the proxy could not open although it is here is told to the log", async () => {
  const lines: string[] = [];
  await using t = await setup({}, { parts: { warn: (line) => void lines.push(line) } });
  await pull(t);
  await (await t.proxy.get(PATH, { headers: { "x-berth-accel": "no" } })).bytes();
  assert.deepEqual(lines, [`${LAYER!.digest}: the proxy in front could not open ${FILE}`]);
});

Deno.test("handOver, what was evicted in between is fetched when the proxy sends the request back", async () => {
  await using t = await setup();
  await pull(t);
  assert.ok((await t.proxy.get(PATH)).headers.get("x-accel-redirect"));
  await t.cache.evict({ digest: LAYER!.digest });
  const again = await t.proxy.get(PATH, { headers: { "x-berth-accel": "no" } });
  assert.equal(digestOf(await again.bytes()), LAYER!.digest);
  assert.equal(again.headers.get("cache-status"), "berth; fwd=miss; stored");
  await stored(t);
});
