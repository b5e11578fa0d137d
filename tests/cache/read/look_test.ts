import assert from "node:assert/strict";
import { FlakyStore } from "../flaky_store.ts";
import { blob, bytesOf, scripted, sourceOf, until, withCache } from "../support.ts";

Deno.test("look, tells whether content is here, and whether the repository holds it", async () => {
  const { bytes, digest } = blob(1000);
  await withCache({}, async ({ cache }) => {
    const nothing = {
      ...{ digest, stat: undefined, stored: false, linked: false },
      ...{ filling: undefined, depot: undefined },
    };
    assert.deepEqual(cache.look(digest, "r/x"), nothing);
    cache.link("r/x", digest);
    assert.deepEqual(cache.look(digest, "r/x"), { ...nothing, linked: true });
    await cache.put(digest, bytes, "a/b");
    const { pinned: _, ...stat } = cache.stat(digest)!;
    assert.deepEqual(cache.look(digest, "r/x").stat, stat);
    assert.ok(cache.look(digest, "r/x").stored);
    assert.ok(!cache.look(digest, "r/y").linked);
  });
});

Deno.test("look, names every repository on whose behalf a fill runs, until it is over", async () => {
  const { bytes, digest } = blob(100_000);
  await withCache({}, async ({ cache }) => {
    const first = await cache.fill(digest, scripted(bytes, [{ stall: 50_000 }]).source, {
      repository: "r/x",
    });
    assert.deepEqual(cache.look(digest, "r/x").filling, new Set(["r/x"]));
    const { source } = sourceOf(bytes);
    const second = await cache.fill(digest, source, { repository: "r/y" });
    assert.deepEqual(cache.look(digest, "r/z").filling, new Set(["r/x", "r/y"]));
    assert.equal(cache.look(digest, "r/x").stat, undefined);
    await (first.body as ReadableStream).cancel();
    await (second.body as ReadableStream).cancel();
  });
});

Deno.test("open, takes what look said, and counts one use of it", async () => {
  const { bytes, digest } = blob(1000);
  await withCache({}, async ({ cache }) => {
    const filled = await cache.fill(digest, sourceOf(bytes).source, { keepInMemory: false });
    await bytesOf(filled.body);
    await until(() => cache.look(digest, "").stored);
    for (const hits of [1, 2]) {
      const content = await cache.open(cache.look(digest, "r/x"), { start: 10 });
      assert.deepEqual(await bytesOf(content!.body), bytes.subarray(10));
      assert.equal(cache.stat(digest)?.hits, hits);
    }
    const look = cache.look(digest, "r/x");
    await cache.evict({ digest });
    assert.equal(await cache.open(look), undefined);
    assert.equal(cache.look(digest, "r/x").stat, undefined);
  });
});

Deno.test("look, knows of content that memory alone holds", async () => {
  const { bytes, digest } = blob(1000);
  const openStore = async (dir: string, now: number) => {
    const store = await FlakyStore.open(dir, now);
    store.readOnly = true;
    return store;
  };
  await withCache({ openStore }, async ({ cache }) => {
    await cache.put(digest, bytes, "a/b", "r/x");
    const look = cache.look(digest, "r/x");
    assert.equal(look.stat?.mediaType, "a/b");
    assert.ok(!look.stored);
    assert.deepEqual(await bytesOf((await cache.open(look))!.body), bytes);
  });
});
