import assert from "node:assert/strict";
import type { Cache } from "../../../cache/api.ts";
import { digestOf } from "../../../cache/hash.ts";
import type { CacheOptions } from "../../../cache/options.ts";
import { FlakyStore } from "../flaky_store.ts";
import { FakeClock, settle } from "../../fake/clock.ts";
import { blob, drain, scripted, type Setup, until, withCache } from "../support.ts";

const KiB = 1024;
const MiB = 2 ** 20;
const HOUR = 3600e3;

type Test = (setup: Setup & { clock: FakeClock; store: FlakyStore }) => Promise<void>;

async function withClock(options: Partial<CacheOptions>, test: Test): Promise<void> {
  const clock = new FakeClock();
  let store: FlakyStore;
  const openStore = async (dir: string, now: number) => store = await FlakyStore.open(dir, now);
  await withCache({ clock, openStore, ...options }, (setup) => test({ ...setup, clock, store }));
}

/** Stores `count` blobs of `size` bytes, an hour apart; their digests in order. */
async function fillUp(
  cache: Cache,
  clock: FakeClock,
  count: number,
  size: number,
): Promise<string[]> {
  const digests: string[] = [];
  for (let seed = 1; seed <= count; seed++) {
    const { bytes, digest } = blob(size, seed);
    await cache.put(digest, bytes, "");
    digests.push(digest);
    await clock.skip(HOUR);
  }
  return digests;
}

/** Which of `digests` are here, as their places in the list. */
const here = (cache: Cache, digests: string[]) =>
  [...digests.keys()].filter((at) => cache.stat(digests[at]!) !== undefined);

/**
 * Lets the regular upkeep come round until just those are left. It may be busy with the disk when
 * time passes, and only set its next timer then.
 */
async function leaves(cache: Cache, clock: FakeClock, digests: string[], left: number[]) {
  const expected = JSON.stringify(left);
  for (let round = 0; round < 20; round++) {
    await clock.advance(61e3);
    const deadline = Date.now() + 500;
    while (Date.now() < deadline && JSON.stringify(here(cache, digests)) !== expected) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (JSON.stringify(here(cache, digests)) === expected) break;
  }
  await settle();
  assert.deepEqual(here(cache, digests), left);
}

Deno.test("eviction, takes the least recently used down to 95 % of the size", () =>
  withClock({ maxAge: 0 }, async ({ cache, clock, dir, events }) => {
    const digests = await fillUp(cache, clock, 10, 100 * KiB);
    await cache.open(digests[0]!);
    await clock.skip(HOUR);
    cache.configure({ maxSize: 900 * KiB });
    await leaves(cache, clock, digests, [0, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal((await cache.usage()).bytes, 800 * KiB);
    const gone = () => events.filter((event) => event.kind === "evicted");
    await until(() => gone().length >= 2, "the files to be removed");
    assert.deepEqual(gone().map(({ digest, reason }) => [digest, reason]), [
      [digests[1], "size"],
      [digests[2], "size"],
    ]);
    let onDisk = 0;
    for (const entry of Deno.readDirSync(`${dir}/blobs/sha256`)) {
      onDisk += [...Deno.readDirSync(`${dir}/blobs/sha256/${entry.name}`)].length;
    }
    assert.equal(onDisk, 8, "the files are gone too");
  }));

Deno.test("eviction, takes what was not used for too long, and nothing that was", () =>
  withClock({ maxAge: 5 * HOUR }, async ({ cache, clock }) => {
    const digests = await fillUp(cache, clock, 4, KiB);
    await cache.open(digests[0]!);
    await clock.skip(3 * HOUR);
    await leaves(cache, clock, digests, [0, 3]);
    cache.configure({ maxAge: 100 * HOUR });
    await clock.skip(50 * HOUR);
    assert.deepEqual(here(cache, digests), [0, 3], "a changed age applies at once");
  }));

Deno.test("eviction, leaves as much of the disk free as it should", () =>
  withClock({ maxAge: 0, minFree: 10 * MiB }, async ({ cache, clock, store }) => {
    store.reportedFree = 100 * MiB;
    const digests = await fillUp(cache, clock, 10, MiB);
    store.reportedFree = 8 * MiB;
    await leaves(cache, clock, digests, [3, 4, 5, 6, 7, 8, 9]);
  }));

Deno.test("eviction, spares what is pinned, being fetched or being read, in part or as a whole", () =>
  withClock({ maxAge: 0, stallTimeout: 1e12 }, async ({ cache, clock }) => {
    const digests = await fillUp(cache, clock, 5, 2 * MiB);
    const [pinned, part, , , whole] = digests;
    cache.setTag({ registry: "docker", repository: "library/x", tag: "1", accept: "" }, {
      digest: pinned!,
      mediaType: "",
      size: 1,
      checkedAt: 0,
    });
    cache.configure({ pin: ["docker/library/x:*"] });
    const reading = [await cache.open(part!, { start: 0, end: MiB }), await cache.open(whole!)];
    const coming = blob(2 * MiB, 99);
    const filling = await cache.fill(
      coming.digest,
      scripted(coming.bytes, [{ stall: MiB }]).source,
    );
    await clock.skip(2 * HOUR);
    cache.configure({ maxSize: 1 });
    await leaves(cache, clock, digests, [0, 1, 4]);
    assert.equal(cache.fills().length, 1);
    const lengths = [];
    for (const content of reading) lengths.push((await drain(content!.body)).bytes.length);
    assert.deepEqual(lengths, [MiB + 1, 2 * MiB]);
    await leaves(cache, clock, digests, [0]);
    await (filling.body as ReadableStream).cancel();
  }));

Deno.test("eviction, counts what is on its way in", () =>
  withClock({ maxAge: 0, stallTimeout: 1e12 }, async ({ cache, clock }) => {
    const digests = await fillUp(cache, clock, 4, 2 * MiB);
    const { bytes, digest } = blob(4 * MiB, 9);
    const content = await cache.fill(digest, scripted(bytes, [{ stall: 3 * MiB }]).source);
    await until(() => cache.fills()[0]?.received === 3 * MiB);
    cache.configure({ maxSize: 9 * MiB });
    await leaves(cache, clock, digests, [2, 3]);
    await (content.body as ReadableStream).cancel();
  }));

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Two images of `docker/a` that share a layer, one of `quay/b` that shares another. */
async function images(cache: Cache) {
  const layer = async (seed: number, repository: string) => {
    const { bytes, digest } = blob(1000 * seed, seed);
    await cache.put(digest, bytes, "a/layer", repository);
    return { mediaType: "a/layer", digest, size: bytes.length };
  };
  const put = async (value: unknown, mediaType: string, repository: string) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const digest = digestOf(bytes);
    await cache.put(digest, bytes, mediaType, repository);
    return { mediaType, digest, size: bytes.length };
  };
  const image = async (repository: string, seeds: number[]) => {
    const layers = [];
    for (const seed of seeds) layers.push(await layer(seed, repository));
    return await put(
      { schemaVersion: 2, config: layers[0], layers: layers.slice(1) },
      MANIFEST,
      repository,
    );
  };
  const tag = (repository: string, tag: string, digest: string) => {
    const [registry, ...rest] = repository.split("/");
    const key = { registry: registry!, repository: rest.join("/"), tag, accept: "" };
    cache.setTag(key, { digest, mediaType: MANIFEST, size: 1, checkedAt: 1 });
    return key;
  };
  const one = await image("docker/a", [1, 2, 3]);
  const two = await image("docker/a", [4, 2, 5]);
  const both = await put(
    {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [{ ...one, platform: { os: "linux", architecture: "arm64", variant: "v8" } }],
    },
    INDEX,
    "docker/a",
  );
  const other = await image("quay/b", [6, 3]);
  const keys = [
    tag("docker/a", "1", both.digest),
    tag("docker/a", "2", two.digest),
    tag("quay/b", "1", other.digest),
  ];
  const layers = [1, 2, 3, 4, 5, 6].map((seed) => blob(1000 * seed, seed).digest);
  return { one: one.digest, two: two.digest, both: both.digest, other: other.digest, layers, keys };
}

Deno.test("evict, a tag takes along what nothing else holds", () =>
  withClock({}, async ({ cache }) => {
    const { one, two, both, other, layers, keys } = await images(cache);
    const plan = cache.plan({ repository: "docker/a", tag: "1" });
    assert.deepEqual(new Set(plan.digests), new Set([both, one, layers[0]]));
    assert.equal(plan.tags, 1);
    assert.equal(cache.list().total, 10, "a plan changes nothing");
    assert.deepEqual(await cache.evict({ repository: "docker/a", tag: "1" }), plan);
    for (const digest of [both, one, layers[0]!]) assert.equal(cache.stat(digest), undefined);
    for (const digest of [two, other, ...layers.slice(1)]) assert.ok(cache.stat(digest), digest);
    assert.equal(cache.tag(keys[0]!), undefined);
    assert.ok(cache.tag(keys[1]!));
  }));

Deno.test("evict, a repository takes along all but what another one holds", () =>
  withClock({}, async ({ cache }) => {
    const { other, layers, keys } = await images(cache);
    const before = (await cache.usage()).bytes;
    const plan = await cache.evict({ repository: "docker/a" });
    assert.equal(plan.tags, 2);
    assert.equal(plan.digests.length, 7);
    assert.equal((await cache.usage()).bytes, before - plan.bytes);
    for (const digest of [other, layers[2]!, layers[5]!]) assert.ok(cache.stat(digest));
    assert.ok(!cache.linked("docker/a", layers[2]!), "shared, but no longer held by it");
    assert.ok(cache.linked("quay/b", layers[2]!));
    assert.equal(cache.tag(keys[0]!), undefined);
    assert.equal(cache.repositories().total, 1);
  }));

Deno.test("evict, a manifest leaves its layers to age on their own", () =>
  withClock({}, async ({ cache }) => {
    const { two, layers, keys } = await images(cache);
    const plan = await cache.evict({ digest: two });
    assert.deepEqual(plan.digests, [two]);
    assert.equal(plan.tags, 1);
    for (const digest of layers) assert.ok(cache.stat(digest));
    assert.equal(cache.tag(keys[1]!), undefined);
  }));

Deno.test("evict, by age and altogether, but for pins and readers", () =>
  withClock({ maxAge: 0, stallTimeout: 1e12 }, async ({ cache, clock }) => {
    const { both, one, layers } = await images(cache);
    await clock.skip(10 * HOUR);
    const [fresh, read] = [blob(10, 50), blob(4 * MiB, 51)];
    for (const { digest, bytes } of [fresh, read]) await cache.put(digest, bytes, "");
    cache.pin("docker/a:1");
    const kept = [both, one, layers[0], layers[1], layers[2]];
    const old = await cache.evict({ olderThan: HOUR });
    assert.deepEqual([old.digests.length, old.pinned, old.inUse], [5, 5, 0]);
    const content = await cache.open(read.digest, { start: 0, end: MiB });
    const all = await cache.evict({ all: true });
    assert.deepEqual([all.digests, all.pinned, all.inUse], [[fresh.digest], 5, 1]);
    for (const digest of kept) assert.ok(cache.stat(digest!));
    await (content!.body as ReadableStream).cancel();
    assert.equal(cache.unpin("docker/a:1"), true);
    assert.equal(cache.unpin("docker/a:1"), false);
    assert.equal((await cache.evict({ all: true })).digests.length, 6);
    assert.equal((await cache.usage()).bytes, 0);
  }));

Deno.test("evict, what a signature is about does not go with it", () =>
  withClock({}, async ({ cache }) => {
    const { two, keys } = await images(cache);
    const signature = new TextEncoder().encode(JSON.stringify({
      schemaVersion: 2,
      layers: [],
      subject: { mediaType: MANIFEST, digest: two, size: 1 },
    }));
    const digest = digestOf(signature);
    await cache.put(digest, signature, MANIFEST, "docker/a");
    cache.setTag({ ...keys[0]!, tag: "sha256-x.sig" }, {
      digest,
      mediaType: MANIFEST,
      size: 1,
      checkedAt: 1,
    });
    cache.deleteTag("docker", "a", "2");
    const plan = await cache.evict({ repository: "docker/a", tag: "sha256-x.sig" });
    assert.deepEqual(plan.digests, [digest]);
    assert.ok(cache.stat(two));
  }));

Deno.test("evict, content is fetched again and served anew", () =>
  withClock({}, async ({ cache }) => {
    const { bytes, digest } = blob(2 * MiB);
    for (let round = 0; round < 3; round++) {
      const { source } = scripted(bytes, [{}]);
      const both = await Promise.all([cache.fill(digest, source), cache.fill(digest, source)]);
      for (const { body } of both) assert.equal((await drain(body)).bytes.length, bytes.length);
      await until(() => cache.look(digest, "").stored);
      await until(() => cache.fills().length === 0);
      await cache.evict({ digest });
      assert.equal(await cache.open(digest), undefined);
    }
  }));
