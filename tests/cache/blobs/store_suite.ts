/** What every BlobStore must do. */
import assert from "node:assert/strict";
import type { BlobStore } from "../../../cache/blobs/store.ts";
import { digestOf } from "../../../cache/hash.ts";
import { assertBytes, blob, bytesOf, noise } from "../support.ts";

/** Opens a store; called again with the same place it finds what was there. */
type OpenStore = (place: string) => Promise<BlobStore>;

async function write(store: BlobStore, digest: string, bytes: Uint8Array): Promise<void> {
  const writer = await store.create(digest);
  await writer.write(bytes);
  await writer.commit();
}

/** Registers the tests under `name`; each gets a place of its own from `withPlace`. */
export function testStore(
  name: string,
  open: OpenStore,
  withPlace: (test: (place: string) => Promise<void>) => Promise<void>,
): void {
  const test = (what: string, run: (store: BlobStore, place: string) => Promise<void>) => {
    Deno.test(`${name}, ${what}`, () =>
      withPlace(async (place) => await run(await open(place), place)));
  };

  test("knows nothing that was not stored", async (store) => {
    const { digest } = blob(10);
    assert.equal(await store.stat(digest), undefined);
    assert.equal(await store.open(digest), undefined);
    assert.equal(await store.remove(digest), false);
    assert.deepEqual(await Array.fromAsync(store.list()), []);
  });

  test("gives back what was committed, whole and from any byte", async (store) => {
    for (const size of [0, 1, 300_000]) {
      const { bytes, digest } = blob(size);
      await write(store, digest, bytes);
      assert.equal((await store.stat(digest))?.size, size);
      const file = await store.open(digest);
      assert.equal(file?.size, size);
      const from = Math.floor(size / 3);
      const part = new Uint8Array(1000);
      const count = await file!.read(part, from);
      assert.deepEqual(part.subarray(0, count), bytes.subarray(from, from + count));
      assert.equal(await file!.read(part, size), 0);
      assertBytes(await bytesOf(file!.readable(from)), bytes.subarray(from));
    }
  });

  test("keeps sha256 and sha512 apart", async (store) => {
    const bytes = noise(50);
    const digests = [digestOf(bytes), digestOf(bytes, "sha512")];
    for (const digest of digests) await write(store, digest, bytes);
    const listed = await Array.fromAsync(store.list(), ({ digest }) => digest);
    assert.deepEqual(listed.sort(), digests.sort());
  });

  test("shows nothing before commit, and nothing after abort", async (store) => {
    const { bytes, digest } = blob(1000);
    const writer = await store.create(digest);
    await writer.write(bytes);
    assert.equal(await store.stat(digest), undefined);
    const file = await writer.open();
    const part = new Uint8Array(1000);
    assert.equal(await file.read(part, 0), 1000);
    assert.deepEqual(part, bytes);
    file.close();
    await writer.abort();
    assert.equal(await store.stat(digest), undefined);
  });

  test("reads what is being written before and after commit", async (store) => {
    const { bytes, digest } = blob(1000);
    const writer = await store.create(digest);
    await writer.write(bytes.subarray(0, 500));
    const before = await writer.open();
    await writer.write(bytes.subarray(500));
    const [, during] = await Promise.all([writer.commit(), writer.open()]);
    const after = await writer.open();
    for (const file of [before, during, after]) {
      const part = new Uint8Array(10);
      assert.equal(await file.read(part, 990), 10);
      assert.deepEqual(part, bytes.subarray(990));
      file.close();
    }
  });

  test("goes on from a kept partial only when asked to", async (store, place) => {
    const { bytes, digest } = blob(1000);
    const writer = await store.create(digest);
    await writer.write(bytes.subarray(0, 400));
    await writer.keep();
    const again = await open(place);
    const fresh = await again.create(digest);
    assert.equal(fresh.size, 0);
    await fresh.abort();
    const resumed = await again.create(digest, { resume: true });
    assert.equal(resumed.size, 400);
    await resumed.write(bytes.subarray(400));
    await resumed.commit();
    const file = await again.open(digest);
    assertBytes(await bytesOf(file!.readable(0)), bytes);
    const none = await again.create(digest, { resume: true });
    assert.equal(none.size, 0, "a partial is used once");
    await none.abort();
  });

  test("forgets what was being written when it is opened anew", async (store, place) => {
    const { bytes, digest } = blob(1000);
    const writer = await store.create(digest);
    await writer.write(bytes);
    const again = await open(place);
    assert.equal(await again.stat(digest), undefined);
    await writer.abort();
  });

  test("frees the digest from the moment of removal, and lets readers finish", async (store) => {
    const { bytes, digest } = blob(200_000);
    await write(store, digest, bytes);
    const file = await store.open(digest);
    const removed = store.remove(digest);
    assert.equal(await store.stat(digest), undefined);
    assert.equal(await removed, true);
    assertBytes(await bytesOf(file!.readable(0)), bytes);
    await write(store, digest, bytes);
    assert.equal((await store.stat(digest))?.size, bytes.length);
  });

  test("puts damaged blobs aside, where they can still be read", async (store) => {
    const { bytes, digest } = blob(1000);
    await write(store, digest, bytes);
    const reopen = store.setAside(digest);
    assert.equal(await store.stat(digest), undefined);
    const file = await reopen();
    assertBytes(await bytesOf(file.readable(0)), bytes);
  });

  test("tells how much room there is", async (store) => {
    const { free, total } = await store.space();
    assert.ok(free > 0 && total >= free);
  });
}
