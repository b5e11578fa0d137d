/** Which blobs clients are sent to the depot's store for, where that leads, and what is recorded. */
import assert from "node:assert/strict";
import type { CacheOptions } from "../../../cache/options.ts";
import type { FakeS3 } from "../../fake/s3.ts";
import { FakeClock } from "../../fake/clock.ts";
import { digestOf, image } from "../../fake/content.ts";
import { type CachedPair, cachedPair, type PairOptions, stored } from "../../fake/pair.ts";
import { withPlace } from "../../cache/depot/s3_place.ts";
import { MANIFEST } from "./cached_pair.ts";

const MIB = 2 ** 20;
const app = image({ layers: [3 * MIB, 4096] });
const [, LAYER, SMALL] = app.blobs as [unknown, typeof app.blobs[0], typeof app.blobs[0]];
const PATH = `/v2/org/app/blobs/${LAYER!.digest}`;
const SIZE = LAYER!.bytes.length;
const ETAG = `"${LAYER!.digest}"`;

interface Setup {
  t: CachedPair;
  s3: FakeS3;
  clock: FakeClock;
}

interface Options {
  /** `cache.depot.redirect`. */
  redirect?: string[];
  settings?: Record<string, unknown>;
  hub?: PairOptions["hub"];
  depot?: Record<string, unknown>;
  cache?: Partial<CacheOptions>;
}

/** Runs `test` with a cache that has pulled everything and put it into the depot. */
async function withPulled(test: (setup: Setup) => Promise<void>, options: Options = {}) {
  const { redirect = ["127.0.0.0/8"], settings, hub, depot, cache } = options;
  await withPlace(async ({ s3, place }) => {
    const clock = new FakeClock(Date.UTC(2026, 5, 1));
    s3.now = () => clock.now();
    await using t = await cachedPair({
      registry: { images: { "org/app:latest": app } },
      settings: { cache: { depot: { url: "s3://bucket/p", redirect } }, ...settings },
      ...(hub && { hub }),
    }, { depot: place, clock, ...cache });
    await (await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST)).bytes();
    for (const { digest } of app.blobs) {
      await (await t.proxy.get(`/v2/org/app/blobs/${digest}`)).bytes();
    }
    await stored(t);
    while (t.cache.depot()!.objects < app.blobs.length + 1) await clock.skip(0);
    await test({ t, s3, clock });
  }, depot);
}

type Asked = { path?: string; method?: string; headers?: Record<string, string> };

const REDIRECTED: [what: string, headers: Record<string, string>, from: number, to: number][] = [
  ["all of it", {}, 0, SIZE],
  ["a range", { range: "bytes=0-50" }, 0, 51],
  ["a range to the end", { range: "bytes=1000-" }, 1000, SIZE],
  ["the last bytes", { range: "bytes=-70000" }, SIZE - 70_000, SIZE],
  ["another than the client has", { "if-none-match": '"other"' }, 0, SIZE],
];

/** Where `headers` lead; what the store gives there has to be bytes `from` to `to`. */
async function follow(
  { t }: Setup,
  [what, headers, from, to]: typeof REDIRECTED[0],
): Promise<string> {
  const response = await t.proxy.get(PATH, { headers });
  assert.equal(response.status, 307, what);
  assert.equal((await response.bytes()).length, 0, what);
  assert.equal(response.headers.get("docker-content-digest"), LAYER!.digest);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("etag"), null, what);
  const { cache, ended, bytes, status, upstreamBytes } = t.proxy.records.at(-1)!;
  assert.deepEqual(
    [cache, ended, bytes, status, upstreamBytes],
    ["hit", "handed over", to - from, 307, 0],
    what,
  );
  const location = response.headers.get("location")!;
  const given = await fetch(location, { headers });
  assert.equal(given.status, "range" in headers ? 206 : 200, what);
  assert.equal(digestOf(await given.bytes()), digestOf(LAYER!.bytes.slice(from, to)), what);
  return location;
}

Deno.test("redirect, a large blob that is here and in the depot is fetched from the store, ranges too", async () => {
  await withPulled(async (setup) => {
    const asked = setup.t.upstream.log.length;
    for (const row of REDIRECTED) await follow(setup, row);
    assert.equal(setup.t.upstream.log.length, asked);
  });
});

Deno.test("redirect, what only the depot has is fetched from there, and not stored here", async () => {
  await withPulled(async (setup) => {
    const { t } = setup;
    t.cache.configure({ maxSize: 1 });
    while (t.cache.stat(LAYER!.digest)) await setup.clock.skip(60_000);
    assert.ok(t.cache.look(LAYER!.digest, "hub/org/app").depot);
    for (const row of REDIRECTED) await follow(setup, row);
    assert.equal(t.cache.stat(LAYER!.digest), undefined);
  });
});

const SENT: [what: string, request: Asked, status: number, body: number | undefined][] = [
  ["HEAD", { method: "HEAD" }, 200, 0],
  ["what the client has", { headers: { "if-none-match": ETAG } }, 304, 0],
  ["several ranges", { headers: { range: "bytes=0-9,100-199" } }, 206, undefined],
  ["a malformed range", { headers: { range: "bytes=a-b" } }, 200, SIZE],
  ["a range of what it knows", { headers: { range: "bytes=0-9", "if-range": ETAG } }, 206, 10],
  ["If-Match", { headers: { "if-match": ETAG } }, 200, SIZE],
  ["a range behind the end", { headers: { range: `bytes=${SIZE}-` } }, 416, undefined],
  ["a small blob", { path: `/v2/org/app/blobs/${SMALL!.digest}` }, 200, 4096],
  [
    "a manifest",
    { path: `/v2/org/app/manifests/${app.root.digest}`, ...MANIFEST },
    200,
    app.root.bytes.length,
  ],
  ["what is nowhere", { path: PATH.replace(/.{4}$/, "0000") }, 404, undefined],
];

Deno.test("redirect, everything else is answered here", async () => {
  await withPulled(async ({ t }) => {
    for (const [what, { path = PATH, ...init }, status, length] of SENT) {
      const response = await t.proxy.get(path, init);
      assert.equal(response.headers.get("location"), null, what);
      assert.equal(response.status, status, what);
      const body = await response.bytes();
      if (length !== undefined) assert.equal(body.length, length, what);
      assert.notEqual(t.proxy.records.at(-1)!.ended, "handed over", what);
    }
  });
});

Deno.test("redirect, only clients of the networks, as trusted proxies name them, and who may have it", async () => {
  const redirect = ["192.0.2.0/24"];
  const settings = { trusted_proxies: ["127.0.0.1"], allowed_networks: ["192.0.2.0/24", "::1"] };
  const statusOf = async (t: CachedPair, client: string, path = PATH) => {
    const headers = { "x-forwarded-for": client };
    const response = await t.proxy.get(path, { headers });
    await response.bytes();
    return response.status;
  };
  const open = { ...settings, allowed_networks: [] };
  await withPulled(async ({ t }) => {
    assert.equal(await statusOf(t, "192.0.2.7"), 307);
    assert.equal(await statusOf(t, "198.51.100.7"), 200);
    assert.equal(await statusOf(t, "192.0.2.7", PATH.replace("org/app", "org/secret")), 403);
    assert.equal(await statusOf(t, "192.0.2.7", PATH.replace("org/app", "org/other")), 404);
  }, {
    redirect,
    settings: { cache: { depot: { redirect } }, ...open },
    hub: { deny: ["org/secret"] },
  });
  await withPulled(async ({ t }) => {
    const headers = { "x-forwarded-for": "192.0.2.7" };
    const response = await t.proxy.get(PATH, { headers });
    assert.equal(digestOf(await response.bytes()), LAYER!.digest, "no proxy is trusted");
  }, { redirect });
  await withPulled(async ({ t }) => {
    const response = await t.proxy.get(PATH);
    assert.equal(digestOf(await response.bytes()), LAYER!.digest, "off");
  }, { redirect: [] });
});

Deno.test("redirect, one URL for a third of its life, and then another before it is over", async () => {
  await withPulled(async (setup) => {
    const { clock } = setup;
    const location = () => follow(setup, ["whole", {}, 0, SIZE]);
    await clock.skip(300_000 - clock.now() % 300_000);
    const first = await location();
    await clock.skip(299_000);
    assert.equal(await location(), first);
    await clock.skip(1000);
    const second = await location();
    assert.notEqual(second, first);
    const statusOf = async (link: string) => {
      const response = await fetch(link);
      await response.bytes();
      return response.status;
    };
    await clock.skip(600_000);
    assert.equal(await statusOf(second), 200, "good for ten minutes at least");
    assert.equal(await statusOf(first), 403, "over after fifteen");
  });
});

Deno.test("redirect, a store that fails or has lost the object is nobody's errand", async () => {
  await withPulled(async ({ t, s3, clock }) => {
    const get = async () => {
      const response = await t.proxy.get(PATH);
      const body = await response.bytes();
      if (response.status === 200) assert.equal(digestOf(body), LAYER!.digest);
      return response.status;
    };
    assert.equal(await get(), 307);
    s3.fault = () => ({ status: 503 });
    assert.equal(await get(), 307, "it answered a moment ago");
    await clock.skip(5000);
    assert.equal(await get(), 200, "it does not now");
    s3.fault = () => undefined;
    assert.equal(await get(), 200, "nobody asks it for a while");
    await clock.skip(5000);
    assert.equal(await get(), 307, "it is back");
    for (const key of s3.objects.keys()) if (key.includes("/blobs/")) s3.objects.delete(key);
    await clock.skip(300_000);
    assert.equal(await get(), 200, "it has lost it");
  });
});

Deno.test("redirect, to the address that clients know the store by", async () => {
  await withPulled(async ({ t }) => {
    const response = await t.proxy.get(PATH);
    const { origin, pathname } = new URL(response.headers.get("location")!);
    assert.equal(origin, "https://store.example.com");
    assert.match(pathname, /^\/bucket\/p\/v1\/blobs\/sha256\//);
  }, { depot: { redirect_endpoint: "https://store.example.com" } });
});
