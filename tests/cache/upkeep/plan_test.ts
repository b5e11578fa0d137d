import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import type { Cache } from "../../../cache/api.ts";
import type { Selector } from "../../../cache/eviction.ts";
import { contentOf, putImage } from "../../fake/images.ts";

const BASE = "a layer that several images have";
const ALPINE = "docker/library/alpine";

async function withCache(run: (cache: Cache) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const cache = await openCache({ dir, scrubRate: 0 });
  try {
    await run(cache);
  } finally {
    await cache.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** Digests, tags and shared digests that a plan takes. */
function figures(cache: Cache, selector: Selector): [number, number, number] {
  const { digests, tags, shared } = cache.plan(selector);
  return [digests.length, tags, shared];
}

Deno.test("plan, a tag leaves what another tag holds, and says so", async () => {
  await withCache(async (cache) => {
    await putImage(cache, `${ALPINE}:1`, [BASE, "one"]);
    await putImage(cache, `${ALPINE}:2`, [BASE, "two"]);
    assert.deepEqual(figures(cache, { repository: ALPINE, tag: "1" }), [3, 1, 1]);
    assert.equal(
      cache.plan({ repository: ALPINE, tag: "1" }).sharedBytes,
      contentOf(BASE).bytes.length,
    );
    assert.deepEqual(figures(cache, { repository: ALPINE }), [7, 2, 0]);
  });
});

Deno.test("plan, several at once take what only they share", async () => {
  await withCache(async (cache) => {
    await putImage(cache, `${ALPINE}:1`, [BASE, "one"]);
    await putImage(cache, "quay/org/app:1", [BASE, "app"]);
    const both = [{ repository: ALPINE, tag: "1" }, { repository: "quay/org/app", tag: "1" }];
    assert.deepEqual(figures(cache, both[0]!), [3, 1, 1]);
    assert.deepEqual(figures(cache, { any: both }), [7, 2, 0]);
    assert.deepEqual(figures(cache, { registry: "quay" }), [3, 1, 1]);
    assert.deepEqual(figures(cache, { any: [{ registry: "quay" }, { registry: "docker" }] }), [
      7,
      2,
      0,
    ]);
    assert.deepEqual(figures(cache, { registry: "qua" }), [0, 0, 0]);
  });
});

Deno.test("plan, the largest first, and pinned content only when asked", async () => {
  await withCache(async (cache) => {
    await putImage(cache, `${ALPINE}:1`, [BASE, "one"]);
    cache.pin(`${ALPINE}:*`);
    const spared = cache.plan({ all: true });
    assert.deepEqual([spared.digests.length, spared.pinned], [0, 4]);
    assert.equal((await cache.usage()).pinnedBytes, spared.pinnedBytes);
    const all = cache.plan({ all: true }, { pinned: true });
    assert.deepEqual([all.digests.length, all.pinned], [4, 0]);
    assert.equal(all.bytes, spared.pinnedBytes);
    const sizes = all.largest.map(({ size }) => size);
    assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a));
    await cache.evict({ repository: ALPINE, tag: "1" }, { pinned: true });
    assert.equal((await cache.usage()).blobs, 0);
  });
});

Deno.test("pin, a digest holds what it names", async () => {
  await withCache(async (cache) => {
    const digest = await putImage(cache, ALPINE, [BASE]);
    cache.pin(digest);
    assert.equal(cache.plan({ all: true }).pinned, 3);
    assert.equal(cache.unpin(digest), true);
    assert.equal(cache.plan({ all: true }).pinned, 0);
  });
});
