import assert from "node:assert/strict";
import { stored } from "../../fake/pair.ts";
import { FlakyStore } from "../../cache/flaky_store.ts";
import { digestOf, image } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import {
  app,
  LARGE,
  LARGE_PATH,
  LAYER,
  LAYER_PATH,
  MANIFEST,
  pull,
  setup,
  WITH_LARGE,
} from "./cached_pair.ts";

Deno.test("a blob is fetched once; the second time it is a hit", async () => {
  await using t = await setup();
  const first = await t.proxy.get(LAYER_PATH);
  assert.equal(first.headers.get("cache-status"), "berth; fwd=miss; stored");
  assert.deepEqual(await first.bytes(), LAYER.bytes);
  await stored(t);
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
  await stored(t);
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
  await stored(t);
  for (const method of ["GET", "HEAD"]) {
    const stolen = await t.proxy.get(`/v2/org/app/blobs/${layer.digest}`, { method });
    assert.equal(stolen.status, 404, method);
    await stolen.body?.cancel();
  }
  await (await t.proxy.get(LAYER_PATH)).bytes();
  await stored(t);
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
  await stored(t);
  assert.equal(t.cache.stat(LAYER.digest), undefined);
  stores[0]!.room = Infinity;
  await (await t.proxy.get(LAYER_PATH)).bytes();
  await stored(t);
  assert.equal(t.cache.stat(LAYER.digest)?.size, LAYER.bytes.length);
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
