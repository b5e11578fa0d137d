import assert from "node:assert/strict";
import { DigestMismatch } from "../../../cache/errors.ts";
import { FlakyStore } from "../flaky_store.ts";
import { FakeClock } from "../../fake/clock.ts";
import {
  assertBytes,
  blob,
  bytesOf,
  drain,
  scripted,
  type Setup,
  sourceOf,
  until,
  withCache,
} from "../support.ts";

const MiB = 2 ** 20;

async function withFlaky(
  test: (setup: Setup & { store: FlakyStore; clock: FakeClock }) => Promise<void>,
): Promise<void> {
  const stores: FlakyStore[] = [];
  const clock = new FakeClock();
  const openStore = async (dir: string, now: number) => {
    const store = await FlakyStore.open(dir, now);
    stores.push(store);
    return store;
  };
  await withCache({ openStore, clock }, async (setup) => {
    await test({ ...setup, store: stores[0]!, clock });
  });
}

const kinds = ({ events }: Setup) => events.map(({ kind }) => kind);

Deno.test("fill, on a full disk, evicts what was used least recently and is stored", () =>
  withFlaky(async (setup) => {
    const { cache, store, clock } = setup;
    const [oldest, newer, wanted] = [blob(2 * MiB, 1), blob(2 * MiB, 2), blob(3 * MiB, 3)];
    for (const { bytes, digest } of [oldest, newer]) {
      await cache.put(digest, bytes, "");
      await clock.advance(120_000);
    }
    store.room = 2 * MiB;
    cache.configure({ maxSize: 100 * MiB });
    const content = await cache.fill(wanted.digest, sourceOf(wanted.bytes).source);
    assertBytes(await bytesOf(content.body), wanted.bytes);
    await until(() => cache.look(wanted.digest, "").stored);
    assert.equal(cache.stat(oldest.digest), undefined);
    assert.ok(!kinds(setup).includes("not-stored"));
  }));

Deno.test("fill, on a full disk with nothing to evict, passes everything on and stores nothing", async (t) => {
  const faults: [name: string, break_: (store: FlakyStore) => void][] = [
    ["full at once", (store) => store.room = 0],
    ["full midway", (store) => store.room = 1.5 * MiB],
    ["full at the last byte", (store) => store.room = 5 * MiB - 1],
    ["read-only", (store) => store.readOnly = true],
    ["refusing to commit", (store) => store.failCommit = true],
  ];
  for (const [name, break_] of faults) {
    await t.step(name, () =>
      withFlaky(async (setup) => {
        const { cache, store, dir } = setup;
        const { bytes, digest } = blob(5 * MiB);
        break_(store);
        const { source, asked } = sourceOf(bytes);
        const ranges = [undefined, { start: 3 * MiB }, { start: 10, end: MiB }, { suffix: 100 }];
        const contents = await Promise.all(
          ranges.map((range) => cache.fill(digest, source, { range, repository: "r/x" })),
        );
        for (const { body, offset, length } of contents) {
          assertBytes(await bytesOf(body), bytes.subarray(offset, offset + length!));
        }
        await until(() => kinds(setup).includes("not-stored"), "the report");
        assert.equal(cache.stat(digest), undefined);
        assert.equal(kinds(setup).filter((kind) => kind === "not-stored").length, 1);
        assert.ok(asked.length <= 4);
        await until(() => [...Deno.readDirSync(`${dir}/tmp`)].length === 0, "the temporary file");
      }));
  }
});

Deno.test("fill, one reader of a full disk needs one request", () =>
  withFlaky(async ({ cache, store }) => {
    const { bytes, digest } = blob(5 * MiB);
    store.room = MiB;
    const { source, asked } = sourceOf(bytes);
    const content = await cache.fill(digest, source);
    assertBytes(await bytesOf(content.body), bytes);
    assert.deepEqual(asked, [0]);
  }));

Deno.test("fill, wrong bytes are found out without a disk too", () =>
  withFlaky(async ({ cache, store }) => {
    const { bytes, digest } = blob(5 * MiB);
    store.room = MiB;
    const { source } = scripted(bytes, [{ wrong: true }]);
    const contents = [
      await cache.fill(digest, source),
      await cache.fill(digest, source, { range: { suffix: 10 } }),
    ];
    for (const { body } of contents) {
      const { error } = await drain(body);
      assert.ok(error instanceof DigestMismatch, String(error));
    }
  }));

Deno.test("fill, without a disk, goes on where the source breaks off", () =>
  withFlaky(async ({ cache, store }) => {
    const { bytes, digest } = blob(5 * MiB);
    store.readOnly = true;
    const { source, asked } = scripted(bytes, [{ cut: 2 * MiB }, {}]);
    assertBytes(await bytesOf((await cache.fill(digest, source)).body), bytes);
    assert.deepEqual(asked, [0, 2 * MiB]);
  }));

Deno.test("fill, larger than the cache may be, is passed on", () =>
  withFlaky(async (setup) => {
    const { cache } = setup;
    const { bytes, digest } = blob(5 * MiB);
    cache.configure({ maxSize: 4 * MiB });
    assertBytes(await bytesOf((await cache.fill(digest, sourceOf(bytes).source)).body), bytes);
    assert.equal(cache.stat(digest), undefined);
    assert.ok(kinds(setup).includes("not-stored"));
  }));

Deno.test("put, without a disk, serves from memory", () =>
  withFlaky(async (setup) => {
    const { cache, store } = setup;
    const { bytes, digest } = blob(1000);
    store.readOnly = true;
    await cache.put(digest, bytes, "a/b", "r/x");
    assert.equal(cache.stat(digest)?.size, 1000);
    assertBytes(await bytesOf((await cache.open(digest))!.body), bytes);
    assert.ok(kinds(setup).includes("not-stored"));
  }));
