/** Content between its last byte and the moment at which it is stored. */
import assert from "node:assert/strict";
import { DiskStore } from "../../../cache/blobs/disk.ts";
import { blob, bytesOf, sourceOf, withCache } from "../support.ts";

/** A store that takes its time to make content durable, until it is let. */
function slowStore() {
  const gate = Promise.withResolvers<void>();
  const openStore = async (dir: string, now: number) => {
    const store = await DiskStore.open(dir, now);
    const create = store.create.bind(store);
    store.create = async (...args) => {
      const writer = await create(...args);
      const commit = writer.commit.bind(writer);
      writer.commit = async () => {
        await gate.promise;
        await commit();
      };
      return writer;
    };
    return store;
  };
  return { openStore, release: gate.resolve };
}

Deno.test("fill, what a client has had to its last byte is a hit before it is durable", async () => {
  const { bytes, digest } = blob(300_000);
  const { openStore, release } = slowStore();
  await withCache({ openStore }, async ({ cache }) => {
    const { source, asked } = sourceOf(bytes);
    const first = await cache.fill(digest, source, { repository: "r/x" });
    assert.equal((await bytesOf(first.body)).length, bytes.length);

    const look = cache.look(digest, "r/x");
    assert.deepEqual([look.stat?.size, look.stored, look.linked], [bytes.length, false, true]);
    assert.equal(cache.look(digest, "r/other").linked, false);
    assert.equal(cache.stat(digest)?.size, bytes.length);
    const whole = (await cache.open(look))!;
    assert.deepEqual([whole.how, whole.size], ["hit", bytes.length]);
    assert.deepEqual(await bytesOf(whole.body), bytes);
    const part = (await cache.open(look, { suffix: 10 }))!;
    assert.deepEqual([part.how, part.offset, part.length], ["hit", bytes.length - 10, 10]);
    assert.deepEqual(await bytesOf(part.body), bytes.slice(-10));
    await assert.rejects(cache.open(look, { start: bytes.length }), /Range|range/);

    release();
    while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(cache.look(digest, "r/x").stored, true);
    assert.deepEqual(await bytesOf((await cache.open(digest))!.body), bytes);
    assert.equal(asked.length, 1);
  });
});

Deno.test("fill, what is under way and not verified is not here", async () => {
  const { bytes, digest } = blob(300_000);
  await withCache({}, async ({ cache }) => {
    const content = await cache.fill(digest, sourceOf(bytes).source);
    assert.equal(cache.look(digest, "r/x").stat, undefined);
    assert.equal(await cache.open(digest), undefined);
    await bytesOf(content.body);
  });
});
