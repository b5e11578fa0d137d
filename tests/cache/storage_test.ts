import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../../cache/errors.ts";
import { FlakyStore } from "./flaky_store.ts";
import { assertBytes, blob, bytesOf, withCache } from "./support.ts";

Deno.test("open, names what it could not do, where and why, and keeps what it knows", async () => {
  const { bytes, digest } = blob(2000);
  let store: FlakyStore | undefined;
  const openStore = async (dir: string, now: number) => store = await FlakyStore.open(dir, now);
  await withCache({ openStore, memory: 0 }, async ({ cache, dir, events }) => {
    await cache.put(digest, bytes, "a/b");
    store!.unreachable = true;
    await assert.rejects(cache.open(digest), (error) => {
      assert.ok(error instanceof StorageError);
      const { what, where, cause, message } = error;
      assert.deepEqual([what, where], ["read stored content", dir]);
      assert.equal(cause.message, "Permission denied (os error 13)");
      assert.equal(message, `could not read stored content in ${dir}: ${cause.message}`);
      return true;
    });
    store!.unreachable = false;
    assertBytes(await bytesOf((await cache.open(digest))!.body), bytes);
    assert.deepEqual(events, []);
  });
});

Deno.test("open, a file that the medium does not give back is damaged, and storage is not away", async () => {
  const { bytes, digest } = blob(2000);
  let store: FlakyStore | undefined;
  const openStore = async (dir: string, now: number) => store = await FlakyStore.open(dir, now);
  await withCache({ openStore, memory: 0 }, async ({ cache, events }) => {
    await cache.put(digest, bytes, "a/b");
    store!.unreadableFrom = 0;
    assert.equal(await cache.open(digest), undefined);
    assert.deepEqual(events.map(({ kind }) => kind), ["damaged"]);
  });
});

Deno.test("link, tells of an index that cannot be written, by its path", async () => {
  const { bytes, digest } = blob(100);
  await withCache({}, async ({ cache, dir }) => {
    await cache.put(digest, bytes, "a/b", "r/x");
    const path = join(dir, "index.db");
    const other = new DatabaseSync(path);
    try {
      other.exec("BEGIN IMMEDIATE");
      const refused = (error: unknown) => error instanceof StorageError && error.where === path;
      assert.throws(() => cache.link("r/y", digest), refused);
      assert.throws(() => cache.unlink("r/x", digest), refused);
      await assert.rejects(cache.evict({ digest }), refused);
    } finally {
      other.close();
    }
    cache.link("r/y", digest);
    assert.ok(cache.linked("r/y", digest));
  });
});
