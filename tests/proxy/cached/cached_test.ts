import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import type { Cache } from "../../../cache/api.ts";
import type { CacheOptions } from "../../../cache/options.ts";
import { FlakyStore } from "../../cache/flaky_store.ts";
import { FakeClock } from "../../fake/clock.ts";
import { digestOf, image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy, type TestProxy } from "../../fake/proxy.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "../../fake/registry.ts";

const app = image({ platforms: ["linux/amd64", "linux/arm64"] });
const LAYER = app.blobs[1]!;
/** Content that is too large to be held back until it has been checked. */
const large = image({ seed: 7, layers: [200_000] });
const LARGE = large.blobs[1]!;
const LARGE_PATH = `/v2/org/app/blobs/${LARGE.digest}`;
const WITH_LARGE = { images: { "org/app:latest": app, "org/app:large": large } };
const LAYER_PATH = `/v2/org/app/blobs/${LAYER.digest}`;
const MANIFEST = { headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } };

interface Setup extends AsyncDisposable {
  /** The cache's directory. */
  dir: string;
  upstream: FakeRegistry;
  proxy: TestProxy;
  cache: Cache;
  clock: FakeClock;
}

async function setup(
  options: FakeRegistryOptions = {},
  settings: Record<string, unknown> = {},
  more: Partial<CacheOptions> = {},
): Promise<Setup> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-cached-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(await fakeRegistry({ images: { "org/app:latest": app }, ...options }));
  const clock = new FakeClock();
  const cache = await openCache({ dir, scrubRate: 0, backoff: () => 0, ...more });
  stack.defer(() => cache.close());
  const proxy = stack.use(
    await startProxy(
      { default_registry: "hub", registries: { hub: { url: upstream.url } }, ...settings },
      { now: clock.now },
      cache,
    ),
  );
  const owned = stack.move();
  return { dir, upstream, proxy, cache, clock, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The last byte arrives when it is verified; a moment later it is stored. */
async function stored(cache: Cache): Promise<void> {
  while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
}

async function pull({ proxy, cache }: Setup, tag = "latest"): Promise<void> {
  const head = await proxy.get(`/v2/org/app/manifests/${tag}`, { ...MANIFEST, method: "HEAD" });
  assert.equal(head.status, 200);
  const root = head.headers.get("docker-content-digest");
  for (const manifest of app.manifests) {
    const response = await proxy.get(`/v2/org/app/manifests/${manifest.digest}`, MANIFEST);
    assert.equal(digestOf(await response.bytes()), manifest.digest);
  }
  for (const blob of app.blobs) {
    const response = await proxy.get(`/v2/org/app/blobs/${blob.digest}`);
    assert.equal(digestOf(await response.bytes()), blob.digest);
  }
  await stored(cache);
  assert.equal(root, app.root.digest);
}

Deno.test("a blob is fetched once; the second time it is a hit", async () => {
  await using t = await setup();
  const first = await t.proxy.get(LAYER_PATH);
  assert.equal(first.headers.get("cache-status"), "berth; fwd=miss; stored");
  assert.deepEqual(await first.bytes(), LAYER.bytes);
  await stored(t.cache);
  const second = await t.proxy.get(LAYER_PATH);
  assert.equal(second.headers.get("cache-status"), "berth; hit");
  assert.equal(second.headers.get("docker-content-digest"), LAYER.digest);
  assert.equal(second.headers.get("etag"), `"${LAYER.digest}"`);
  assert.equal(second.headers.get("content-length"), String(LAYER.bytes.length));
  assert.deepEqual(await second.bytes(), LAYER.bytes);
  assert.equal(t.upstream.count("GET", /blobs/), 1);
});

Deno.test("a hit in ranges, by HEAD and by If-None-Match", async () => {
  await using t = await setup();
  await (await t.proxy.get(LAYER_PATH)).bytes();
  await stored(t.cache);
  const size = LAYER.bytes.length;
  const table: [range: string, status: number, from: number, to: number][] = [
    ["bytes=0-", 206, 0, size],
    ["bytes=100-", 206, 100, size],
    ["bytes=100-199", 206, 100, 200],
    ["bytes=-5", 206, size - 5, size],
    ["bytes=5-99999999", 206, 5, size],
    ["bytes=1-2,x", 200, 0, size],
  ];
  for (const [range, status, from, to] of table) {
    const response = await t.proxy.get(LAYER_PATH, { headers: { range } });
    assert.deepEqual(await response.bytes(), LAYER.bytes.slice(from, to), range);
    assert.equal(response.status, status, range);
    if (status === 206) {
      assert.equal(response.headers.get("content-range"), `bytes ${from}-${to - 1}/${size}`, range);
    }
  }
  const beyond = await t.proxy.get(LAYER_PATH, { headers: { range: `bytes=${size}-` } });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers.get("content-range"), `bytes */${size}`);
  await beyond.body?.cancel();
  const head = await t.proxy.get(LAYER_PATH, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(size));
  assert.equal(head.headers.get("accept-ranges"), "bytes");
  const same = await t.proxy.get(LAYER_PATH, { headers: { "if-none-match": `"${LAYER.digest}"` } });
  assert.equal(same.status, 304);
  assert.equal(t.upstream.count("GET", /blobs/), 1);
});

Deno.test("manifests, HEAD then GET of one tag; no empty body is kept", async () => {
  await using t = await setup();
  const path = "/v2/org/app/manifests/latest";
  const head = await t.proxy.get(path, { ...MANIFEST, method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(app.root.bytes.length));
  for (let i = 0; i < 2; i++) {
    const response = await t.proxy.get(path, MANIFEST);
    assert.deepEqual(await response.bytes(), app.root.bytes);
    assert.equal(response.headers.get("content-type"), OCI_INDEX);
  }
});

Deno.test("a tag is asked for by HEAD each time, its manifest fetched once", async () => {
  await using t = await setup();
  const path = "/v2/org/app/manifests/latest";
  for (let i = 0; i < 3; i++) {
    await (await t.proxy.get(path, MANIFEST)).bytes();
    await stored(t.cache);
  }
  assert.equal(t.upstream.count("HEAD", /manifests/), 3);
  assert.equal(t.upstream.count("GET", /manifests/), 1);
  const results = t.proxy.records.map(({ cache }) => cache);
  assert.deepEqual(results, ["miss", "revalidated", "revalidated"]);
});

Deno.test("a tag within its ttl is not asked for; a tag that moved is fetched anew", async () => {
  await using t = await setup({}, { cache: { manifests: { ttl: "1h" } } });
  const path = "/v2/org/app/manifests/latest";
  const get = async () => digestOf(await (await t.proxy.get(path, MANIFEST)).bytes());
  assert.equal(await get(), app.root.digest);
  await stored(t.cache);
  const moved = image({ seed: 9 });
  t.upstream.add("org/app:latest", moved);
  assert.equal(await get(), app.root.digest);
  assert.equal(t.upstream.count("HEAD", /manifests/), 1);
  await t.clock.advance(3600e3 + 1);
  assert.equal(await get(), moved.root.digest);
  assert.equal(t.upstream.count("HEAD", /manifests/), 2);
});

Deno.test("concurrent checks of a tag are one request upstream", async () => {
  await using t = await setup();
  const release = Promise.withResolvers<void>();
  t.upstream.fault({ method: "HEAD", action: { kind: "stall", until: release.promise } });
  const path = "/v2/org/app/manifests/latest";
  const pulls = Array.from(
    { length: 10 },
    () => t.proxy.get(path, { ...MANIFEST, method: "HEAD" }),
  );
  while (t.upstream.count("HEAD", /manifests/) === 0) await new Promise((r) => setTimeout(r, 1));
  release.resolve();
  for (const response of await Promise.all(pulls)) assert.equal(response.status, 200);
  assert.ok(t.upstream.count("HEAD", /manifests/) <= 2, "late arrivals may make a second");
});

Deno.test("manifests, upstream and its token server down: a whole pull works", async () => {
  await using t = await setup({ auth: { scheme: "bearer" } });
  await pull(t);
  await t.upstream[Symbol.asyncDispose]();
  await pull(t);
  const stale = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
  assert.equal(stale.headers.get("cache-status"), "berth; hit; detail=stale");
  await stale.body?.cancel();
});

Deno.test("manifests, another kind of client gets what it can use while upstream is down", async () => {
  await using t = await setup();
  await pull(t);
  await t.upstream[Symbol.asyncDispose]();
  const path = "/v2/org/app/manifests/latest";
  const other = await t.proxy.get(path, { headers: { accept: `${OCI_INDEX}, text/plain` } });
  assert.deepEqual(await other.bytes(), app.root.bytes);
  const narrow = await t.proxy.get(path, { headers: { accept: OCI_MANIFEST } });
  assert.equal(narrow.status, 502);
  await narrow.body?.cancel();
});

Deno.test("manifests, 429 and 5xx: stale if held, bounded by age; 401, 403 and 404 never", async () => {
  await using t = await setup({}, { cache: { manifests: { stale_if_error: "1d" } } });
  await pull(t);
  const ask = async (status: number) => {
    t.upstream.clearFaults();
    t.upstream.fault({
      path: /manifests\/latest/,
      times: Infinity,
      action: { kind: "answer", status, body: "slow down" },
    });
    const response = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
    await response.body?.cancel();
    return [response.status, response.headers.get("cache-status")];
  };
  for (const status of [429, 500, 502, 503]) {
    assert.deepEqual(await ask(status), [200, "berth; hit; detail=stale"], String(status));
  }
  assert.deepEqual(await ask(403), [403, null]);
  await t.clock.advance(86400e3 + 1);
  assert.deepEqual(await ask(503), [503, null]);
  t.upstream.clearFaults();
  await pull(t);
  assert.deepEqual(await ask(404), [404, null]);
  await t.clock.advance(60e3);
  assert.deepEqual(await ask(503), [503, null], "the tag is gone, not stale");
});

Deno.test("a 404 by tag is remembered for negative_ttl", async () => {
  await using t = await setup({}, { cache: { manifests: { negative_ttl: "10s" } } });
  const ask = async () => {
    const response = await t.proxy.get("/v2/org/app/manifests/soon", MANIFEST);
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual([await ask(), await ask()], [404, 404]);
  assert.equal(t.upstream.count("HEAD", /soon/), 1);
  t.upstream.add("org/app:soon", app);
  assert.equal(await ask(), 404);
  await t.clock.advance(10_001);
  assert.equal(await ask(), 200);
});

Deno.test("while_revalidate serves at once and checks behind", async () => {
  await using t = await setup({}, { cache: { manifests: { while_revalidate: true } } });
  await pull(t);
  const moved = image({ seed: 9 });
  t.upstream.add("org/app:latest", moved);
  const path = "/v2/org/app/manifests/latest";
  const first = await t.proxy.get(path, MANIFEST);
  assert.equal(digestOf(await first.bytes()), app.root.digest);
  let digest = app.root.digest;
  for (let i = 0; digest === app.root.digest && i < 1000; i++) {
    digest = digestOf(await (await t.proxy.get(path, MANIFEST)).bytes());
  }
  assert.equal(digest, moved.root.digest);
});

Deno.test("with the quota nearly used up, what is held is preferred to asking", async () => {
  await using stack = new AsyncDisposableStack();
  const t = stack.use(await setup());
  await pull(t);
  const before = t.upstream.count("HEAD", /manifests/);
  const low = stack.use(
    await startProxy(
      { default_registry: "hub", registries: { hub: { url: t.upstream.url } } },
      { now: t.clock.now, quotaLow: (registry) => registry === "hub" },
      t.cache,
    ),
  );
  const response = await low.get("/v2/org/app/manifests/latest", MANIFEST);
  assert.deepEqual(await response.bytes(), app.root.bytes);
  assert.equal(t.upstream.count("HEAD", /manifests/), before);
});

Deno.test("a registry whose HEAD says too little is asked by GET", async () => {
  await using t = await setup();
  t.upstream.fault({
    method: "HEAD",
    path: /manifests/,
    action: { kind: "headers", headers: { "docker-content-digest": "" } },
  }, { method: "HEAD", path: /manifests/, from: 2, action: { kind: "answer", status: 405 } });
  for (let i = 0; i < 2; i++) {
    const response = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
    assert.deepEqual(await response.bytes(), app.root.bytes);
    assert.equal(response.headers.get("docker-content-digest"), app.root.digest);
  }
});

Deno.test("serveDigest, 50 cold clients, one GET upstream; the first goes away, the rest finish", async () => {
  await using t = await setup(WITH_LARGE);
  const release = Promise.withResolvers<void>();
  t.upstream.fault({
    path: /blobs/,
    action: { kind: "stall", after: 500, until: release.promise },
  });
  const leaving = new AbortController();
  const first = await t.proxy.get(LARGE_PATH, { signal: leaving.signal });
  const rest = await Promise.all(Array.from({ length: 49 }, () => t.proxy.get(LARGE_PATH)));
  leaving.abort();
  await assert.rejects(first.bytes());
  release.resolve();
  for (const response of rest) {
    assert.equal(response.headers.get("cache-status"), "berth; fwd=miss; collapsed");
    assert.equal(digestOf(await response.bytes()), LARGE.digest);
  }
  assert.equal(t.upstream.count("GET", /blobs/), 1);
});

Deno.test("serveDigest, an upstream that breaks off is resumed where it stopped", async () => {
  await using t = await setup({}, { upstream: { retries: 3 } });
  t.upstream.fault({ path: /blobs/, action: { kind: "cut", after: 700 } });
  const response = await t.proxy.get(LAYER_PATH);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
  const ranges = t.upstream.seen("GET", /blobs/).map(({ headers }) => headers.get("range"));
  assert.equal(ranges.length, 2);
  assert.match(ranges[1] ?? "", /^bytes=\d+-$/);
});

Deno.test("serveDigest, truncated for good: nothing is kept, and the client sees it", async () => {
  await using t = await setup({ ...WITH_LARGE, ranges: false });
  t.upstream.fault({ path: /blobs/, times: Infinity, action: { kind: "cut", after: 700 } });
  const response = await t.proxy.get(LARGE_PATH);
  assert.equal(response.headers.get("content-length"), String(LARGE.bytes.length));
  await assert.rejects(response.bytes());
  assert.equal(t.cache.stat(LARGE.digest), undefined);
  t.upstream.clearFaults();
  assert.deepEqual(await (await t.proxy.get(LARGE_PATH)).bytes(), LARGE.bytes);
});

Deno.test("serveDigest, wrong bytes for a digest never end cleanly and are never kept", async () => {
  await using t = await setup(WITH_LARGE);
  t.upstream.fault({ path: /blobs/, times: Infinity, action: { kind: "corrupt" } });
  const response = await t.proxy.get(LARGE_PATH);
  await assert.rejects(response.bytes());
  assert.equal(t.cache.stat(LARGE.digest), undefined);
  t.upstream.clearFaults();
  t.upstream.fault({
    method: "GET",
    path: /manifests/,
    action: { kind: "answer", status: 200, body: '{"schemaVersion":2}' },
  });
  const manifest = await t.proxy.get(`/v2/org/app/manifests/${app.root.digest}`, MANIFEST);
  const outcome = await manifest.bytes().then(digestOf, () => "broken off");
  assert.ok(manifest.status >= 500 || outcome === "broken off");
  assert.equal(t.cache.stat(app.root.digest), undefined);
});

Deno.test("serveDigest, signed URLs that expire between two reads are asked for again", async () => {
  await using t = await setup({ redirect: { to: "cdn", once: true } }, {
    upstream: { retries: 3 },
  });
  t.upstream.fault({ server: "cdn", action: { kind: "cut", after: 700 } });
  const response = await t.proxy.get(LAYER_PATH);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
  assert.equal(t.upstream.count("GET", /blobs/, "registry"), 2);
});

Deno.test("a digest is served only for a repository that holds it", async () => {
  const secret = image({ seed: 77 });
  await using t = await setup({
    images: { "org/app:latest": app, "org/secret:1": secret, "org/twin:1": app },
  });
  const layer = secret.blobs[1]!;
  await (await t.proxy.get(`/v2/org/secret/blobs/${layer.digest}`)).bytes();
  await stored(t.cache);
  for (const method of ["GET", "HEAD"]) {
    const stolen = await t.proxy.get(`/v2/org/app/blobs/${layer.digest}`, { method });
    assert.equal(stolen.status, 404, method);
    await stolen.body?.cancel();
  }
  await (await t.proxy.get(LAYER_PATH)).bytes();
  await stored(t.cache);
  const shared = await t.proxy.get(`/v2/org/twin/blobs/${LAYER.digest}`);
  assert.equal(shared.headers.get("cache-status"), "berth; hit");
  await shared.bytes();
  await (await t.proxy.get(`/v2/org/twin/blobs/${LAYER.digest}`)).bytes();
  assert.equal(t.upstream.count("HEAD", /org\/twin\/blobs/), 1, "asked once, then known");
  assert.equal(t.upstream.count("GET", /org\/twin\/blobs/), 0);
});

Deno.test("nobody joins a running fill by way of a repository that does not hold the digest", async () => {
  const secret = image({ seed: 77 });
  await using t = await setup({ images: { "org/app:latest": app, "org/secret:1": secret } });
  const layer = secret.blobs[1]!;
  const release = Promise.withResolvers<void>();
  t.upstream.fault({
    path: /secret\/blobs/,
    action: { kind: "stall", after: 500, until: release.promise },
  });
  const owner = await t.proxy.get(`/v2/org/secret/blobs/${layer.digest}`);
  const thief = await t.proxy.get(`/v2/org/app/blobs/${layer.digest}`);
  assert.equal(thief.status, 404);
  await thief.body?.cancel();
  release.resolve();
  assert.deepEqual(await owner.bytes(), layer.bytes);
});

Deno.test("client mode, cached content is proven upstream with the client's own token", async () => {
  await using t = await setup({
    images: { "org/app:latest": app },
    auth: { scheme: "bearer", users: { ann: "right" }, private: ["org/app"] },
  }, {});
  await using proxy = await startProxy(
    {
      default_registry: "hub",
      registries: { hub: { url: t.upstream.url, auth: { mode: "client" } } },
    },
    {},
    t.cache,
  );
  const query = "service=registry.test&scope=repository:org/app:pull";
  const { token } = await (await proxy.get(`/token/hub?${query}`, {
    headers: { authorization: `Basic ${btoa("ann:right")}` },
  })).json();
  const mine = { headers: { authorization: `Bearer ${token}` } };
  assert.deepEqual(await (await proxy.get(LAYER_PATH, mine)).bytes(), LAYER.bytes);
  assert.deepEqual(await (await proxy.get(LAYER_PATH, mine)).bytes(), LAYER.bytes);
  assert.equal(t.upstream.count("GET", /blobs/), 1);
  for (const init of [{}, { headers: { authorization: "Bearer stolen" } }]) {
    const refused = await proxy.get(LAYER_PATH, init);
    assert.equal(refused.status, 401);
    await refused.body?.cancel();
  }
});

Deno.test("hot answers, the same bytes and headers as the first hit, each with a record of its own", async () => {
  await using t = await setup({}, { cache: { manifests: { ttl: "1h" } } });
  await pull(t);
  const path = "/v2/org/app/manifests/latest";
  const before = t.proxy.records.length;
  const seen: Record<string, string>[] = [];
  for (let i = 0; i < 4; i++) {
    const response = await t.proxy.get(path, MANIFEST);
    assert.deepEqual(await response.bytes(), app.root.bytes);
    const { date: _, "x-request-id": id, ...headers } = Object.fromEntries(response.headers);
    assert.ok(id);
    seen.push(headers);
  }
  for (const headers of seen) assert.deepEqual(headers, seen[0]);
  const records = t.proxy.records.slice(before);
  assert.equal(new Set(records.map(({ id }) => id)).size, 4);
  for (const record of records) {
    assert.deepEqual([record.cache, record.reference, record.bytes], [
      "hit",
      "latest",
      app.root.bytes.length,
    ]);
  }
  const narrow = await t.proxy.get(path, { headers: { accept: OCI_MANIFEST } });
  await narrow.body?.cancel();
  assert.equal(
    t.upstream.count("HEAD", /manifests\/latest/),
    2,
    "another Accept, another question",
  );
  const part = await t.proxy.get(path, {
    headers: { ...MANIFEST.headers, "if-none-match": `"${app.root.digest}"` },
  });
  assert.equal(part.status, 304);
});

Deno.test("hot answers end with the tag's ttl, its move, its removal and the content's eviction", async () => {
  await using t = await setup({}, { cache: { manifests: { ttl: "1h" } } });
  const path = "/v2/org/app/manifests/latest";
  const heat = async () => {
    await pull(t);
    for (let i = 0; i < 3; i++) await (await t.proxy.get(path, MANIFEST)).bytes();
    return t.upstream.count("HEAD", /manifests/);
  };
  const asked = async () => {
    await (await t.proxy.get(path, MANIFEST)).bytes();
    return t.upstream.count("HEAD", /manifests/);
  };
  let before = await heat();
  assert.equal(await asked(), before, "hot");
  await t.clock.advance(3600e3);
  assert.equal(await asked(), before + 1, "expired");
  before = await heat();
  t.cache.deleteTag("hub", "org/app", "latest");
  assert.equal(await asked(), before + 1, "removed");
  before = await heat();
  await t.cache.evict({ digest: app.root.digest });
  assert.equal(await asked(), before + 1, "evicted");
});

/** Bytes of all stored files. */
function bytesOnDisk(dir: string): number {
  let bytes = 0;
  for (const alg of Deno.readDirSync(`${dir}/blobs`)) {
    for (const two of Deno.readDirSync(`${dir}/blobs/${alg.name}`)) {
      for (const file of Deno.readDirSync(`${dir}/blobs/${alg.name}/${two.name}`)) {
        bytes += Deno.statSync(`${dir}/blobs/${alg.name}/${two.name}/${file.name}`).size;
      }
    }
  }
  return bytes;
}

Deno.test("evict, frees the disk; a hit extends, a changed ttl applies at once", async () => {
  await using stack = new AsyncDisposableStack();
  const t = stack.use(await setup({}, { cache: { manifests: { ttl: "1h" } } }));
  await pull(t);
  const full = bytesOnDisk(t.dir);
  const before = t.cache.stat(LAYER.digest)!;
  await new Promise((resolve) => setTimeout(resolve, 2));
  await (await t.proxy.get(LAYER_PATH)).bytes();
  const after = t.cache.stat(LAYER.digest)!;
  assert.equal(after.hits, before.hits + 1);
  assert.ok(after.lastUsed > before.lastUsed);
  const plan = await t.cache.evict({ repository: "hub/org/app" });
  assert.equal(plan.bytes, full);
  assert.equal(bytesOnDisk(t.dir), 0);
  await pull(t);
  const asked = t.upstream.count("HEAD", /manifests\/latest/);
  const impatient = stack.use(
    await startProxy(
      {
        default_registry: "hub",
        registries: { hub: { url: t.upstream.url } },
        cache: { manifests: { ttl: 0 } },
      },
      { now: t.clock.now },
      t.cache,
    ),
  );
  await (await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST)).bytes();
  assert.equal(t.upstream.count("HEAD", /manifests\/latest/), asked);
  await (await impatient.get("/v2/org/app/manifests/latest", MANIFEST)).bytes();
  assert.equal(t.upstream.count("HEAD", /manifests\/latest/), asked + 1);
});

Deno.test("fill, the disk fills up on the way, the client still gets its bytes", async () => {
  const stores: FlakyStore[] = [];
  await using t = await setup({}, {}, {
    openStore: async (dir, now) => {
      stores.push(await FlakyStore.open(dir, now));
      return stores[0]!;
    },
  });
  stores[0]!.room = 1000;
  const response = await t.proxy.get(LAYER_PATH);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
  await stored(t.cache);
  assert.equal(t.cache.stat(LAYER.digest), undefined);
  stores[0]!.room = Infinity;
  await (await t.proxy.get(LAYER_PATH)).bytes();
  await stored(t.cache);
  assert.equal(t.cache.stat(LAYER.digest)?.size, LAYER.bytes.length);
});
