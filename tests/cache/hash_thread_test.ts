import assert from "node:assert/strict";
import { join } from "node:path";
import { DigestMismatch } from "../../cache/cache.ts";
import { hashHere, HashThread } from "../../cache/hash_thread.ts";
import { hasherFor } from "../../cache/digest.ts";
import { FlakyStore } from "./flaky_store.ts";
import { assertBytes, blob, bytesOf, sourceOf, until, withCache } from "./support.ts";

const MiB = 2 ** 20;

/** A thread, and a file that holds the first `size` bytes of `bytes`. */
async function thread(bytes: Uint8Array, size = bytes.length) {
  const dir = await Deno.makeTempDir();
  const path = join(dir, "content");
  await Deno.writeFile(path, bytes.subarray(0, size));
  const hashes = new HashThread();
  return {
    path,
    hashes,
    grow: (to: number) => Deno.writeFile(path, bytes.subarray(size, to), { append: true }),
    async [Symbol.asyncDispose]() {
      hashes.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("hash thread, several files at once, each while it grows", async () => {
  const [one, two] = [blob(3 * MiB + 17, 1), blob(2 * MiB, 2)];
  await using first = await thread(one.bytes, MiB);
  await using second = await thread(two.bytes);
  const { hashes } = first;
  const growing = hashes.follow(one.digest, first.path);
  growing.written(MiB);
  const whole = hashes.follow(two.digest, second.path);
  await first.grow(one.bytes.length);
  growing.written(2 * MiB);
  assert.equal(await whole.finish(two.bytes.length), two.digest);
  assert.equal(await growing.finish(one.bytes.length), one.digest);
  whole.close();
  growing.close();
});

Deno.test("hash thread, sha512 and nothing at all, as the same bytes hash here", async () => {
  const { bytes } = blob(MiB + 1);
  for (const [algorithm, length] of [["sha256", 64], ["sha512", 128]] as const) {
    const digest = `${algorithm}:${"0".repeat(length)}`;
    await using setting = await thread(bytes);
    const here = hashHere(hasherFor(digest));
    here.received(bytes);
    const apart = setting.hashes.follow(digest, setting.path);
    assert.equal(await apart.finish(bytes.length), await here.finish(bytes.length));
    const empty = setting.hashes.follow(digest, setting.path);
    assert.equal(await empty.finish(0), hasherFor(digest).finish());
  }
});

Deno.test("hash thread, a file that is missing or too short is an error at the end", async () => {
  const { bytes, digest } = blob(MiB);
  await using setting = await thread(bytes, 1000);
  const { hashes, path } = setting;
  const short = hashes.follow(digest, path);
  short.written(bytes.length);
  await assert.rejects(short.finish(bytes.length), /ends at byte 1000 instead of 1048576/);
  const missing = hashes.follow(digest, `${path}.gone`);
  await assert.rejects(missing.finish(1), /No such file/);
  missing.close();
  const sound = hashes.follow(digest, path);
  assert.equal(await sound.finish(0), hasherFor(digest).finish());
});

Deno.test("hash thread, its end is told to those who wait and to those who ask later", async () => {
  const { bytes, digest } = blob(MiB);
  await using setting = await thread(bytes);
  const hash = setting.hashes.follow(digest, setting.path);
  const waiting = hash.finish(bytes.length);
  setting.hashes.close();
  await assert.rejects(waiting, /has ended/);
  await assert.rejects(hash.finish(bytes.length), /has ended/);
  hash.written(1);
  hash.close();
  const again = setting.hashes.follow(digest, setting.path);
  assert.equal(await again.finish(bytes.length), digest);
});

Deno.test("fill, where the hash thread cannot read the file, is verified all the same", async (t) => {
  const { bytes, digest } = blob(3 * MiB);
  const wrong = blob(3 * MiB, 2);
  const openStore = async (dir: string, now: number) => {
    const store = await FlakyStore.open(dir, now);
    store.pathForOthers = join(dir, "nowhere");
    return store;
  };
  for (const hashApart of [0, Infinity]) {
    await t.step(
      hashApart === 0 ? "by another thread" : "by this one",
      () =>
        withCache({ openStore, hashApart, retries: 0 }, async ({ cache, events }) => {
          const right = await cache.fill(digest, sourceOf(bytes).source);
          assertBytes(await bytesOf(right.body), bytes);
          await until(() => cache.stat(digest) !== undefined);
          const bad = await cache.fill(wrong.digest, sourceOf(bytes).source);
          await assert.rejects(bytesOf(bad.body), DigestMismatch);
          assert.equal(cache.stat(wrong.digest), undefined);
          const troubles = events.filter(({ kind }) => kind === "trouble");
          assert.equal(troubles.length, hashApart === 0 ? 2 : 0);
        }),
    );
  }
});
