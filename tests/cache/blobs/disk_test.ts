import assert from "node:assert/strict";
import { join } from "node:path";
import { DiskStore } from "../../../cache/blobs/disk.ts";
import { testStore } from "./store_suite.ts";
import { blob, withDir } from "../support.ts";

testStore("DiskStore", (place) => DiskStore.open(place, Date.now()), withDir);

Deno.test("DiskStore, lays files out by algorithm and first byte", () =>
  withDir(async (dir) => {
    const store = await DiskStore.open(dir, Date.now());
    const { bytes, digest } = blob(10);
    const writer = await store.create(digest);
    await writer.write(bytes);
    await writer.commit();
    const hex = digest.slice("sha256:".length);
    const path = join(dir, "blobs", "sha256", hex.slice(0, 2), hex);
    assert.deepEqual(await Deno.readFile(path), bytes);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(dir, "tmp"))), []);
  }));

Deno.test("DiskStore, list leaves out directories that have not changed", () =>
  withDir(async (dir) => {
    const store = await DiskStore.open(dir, Date.now());
    for (const seed of [1, 2]) {
      const { bytes, digest } = blob(10, seed);
      const writer = await store.create(digest);
      await writer.write(bytes);
      await writer.commit();
      const hex = digest.slice("sha256:".length);
      if (seed === 1) await Deno.utime(join(dir, "blobs", "sha256", hex.slice(0, 2)), 1, 1);
    }
    const listed = await Array.fromAsync(store.list(60_000), ({ digest }) => digest);
    assert.deepEqual(listed, [blob(10, 2).digest]);
    assert.equal((await Array.fromAsync(store.list())).length, 2);
  }));

Deno.test("DiskStore, passes over files that are no blobs", () =>
  withDir(async (dir) => {
    const store = await DiskStore.open(dir, Date.now());
    await Deno.mkdir(join(dir, "blobs", "sha256", "aa"), { recursive: true });
    await Deno.writeTextFile(join(dir, "blobs", "sha256", "aa", "notes.txt"), "mine");
    assert.deepEqual(await Array.fromAsync(store.list()), []);
  }));

Deno.test("DiskStore, removes partials that nobody has come back for within a day", () =>
  withDir(async (dir) => {
    const { bytes, digest } = blob(10);
    const store = await DiskStore.open(dir, Date.now());
    const writer = await store.create(digest);
    await writer.write(bytes);
    await writer.keep();
    await DiskStore.open(dir, Date.now() + 25 * 3600e3);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(dir, "partial"))), []);
  }));
