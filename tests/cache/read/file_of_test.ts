/** Which content another server may send by itself, from its file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FakeClock } from "../../fake/clock.ts";
import { FlakyStore } from "../flaky_store.ts";
import { blob, bytesOf, sourceOf, until, withCache, withCacheIn, withDir } from "../support.ts";

const MiB = 2 ** 20;
const HOUR = 3600e3;
const IN = "r/x";

Deno.test("fileOf, the file of what is stored, below blobs/, and a use of it", () =>
  withCache({ clock: new FakeClock() }, async ({ cache, dir }) => {
    const { bytes, digest } = blob(2 * MiB);
    await cache.put(digest, bytes, "a/b", IN);
    const before = cache.stat(digest)!.hits;
    const path = await cache.fileOf(cache.look(digest, IN));
    const hex = digest.slice("sha256:".length);
    assert.equal(path, `sha256/${hex.slice(0, 2)}/${hex}`);
    assert.deepEqual(await Deno.readFile(join(dir, "blobs", path!)), bytes);
    assert.equal(cache.stat(digest)!.hits, before + 1);
  }));

Deno.test("fileOf, nothing before the bytes were compared since the start, while they are, or too long ago", () =>
  withDir(async (dir) => {
    const clock = new FakeClock();
    const { bytes, digest } = blob(2 * MiB);
    await withCacheIn(dir, { clock }, ({ cache }) => cache.put(digest, bytes, "a/b", IN));
    await clock.skip(1);
    await withCacheIn(dir, { clock, verifyEvery: HOUR }, async ({ cache }) => {
      const file = () => cache.fileOf(cache.look(digest, IN));
      assert.equal(await file(), undefined, "of another start");
      const content = await cache.open(digest);
      assert.equal(await file(), undefined, "being compared");
      await bytesOf(content!.body as ReadableStream<Uint8Array>);
      await until(() => cache.stat(digest)!.verified === clock.now());
      assert.ok(await file(), "compared");
      await clock.skip(HOUR + 1);
      assert.equal(await file(), undefined, "due again");
    });
  }));

Deno.test("fileOf, nothing of what is not here, not yet stored, or not as long as it should be", async () => {
  const { bytes, digest } = blob(2 * MiB);
  let store: FlakyStore | undefined;
  const openStore = async (at: string, now: number) => store = await FlakyStore.open(at, now);
  await withCache({ openStore }, async ({ cache, dir, events }) => {
    const file = () => cache.fileOf(cache.look(digest, IN));
    assert.equal(await file(), undefined, "not here");
    store!.failCommit = true;
    await bytesOf(
      (await cache.fill(digest, sourceOf(bytes).source)).body as ReadableStream<Uint8Array>,
    );
    await until(() => events.some(({ kind }) => kind === "not-stored"));
    assert.equal(await file(), undefined, "not stored");
    store!.failCommit = false;
    await cache.put(digest, bytes, "a/b", IN);
    const path = join(dir, "blobs", (await file())!);
    await Deno.truncate(path, MiB);
    assert.equal(await file(), undefined, "cut short");
    await Deno.remove(path);
    assert.equal(await file(), undefined, "gone");
  });
});
