import assert from "node:assert/strict";
import { join } from "node:path";
import { ContentDamaged } from "../../../cache/errors.ts";
import { FlakyStore } from "../flaky_store.ts";
import { FakeClock } from "../../fake/clock.ts";
import {
  assertBytes,
  blob,
  bytesOf,
  drain,
  sourceOf,
  until,
  withCache,
  withCacheIn,
  withDir,
} from "../support.ts";

const MiB = 2 ** 20;

function pathOf(dir: string, digest: string): string {
  const hex = digest.slice("sha256:".length);
  return join(dir, "blobs", "sha256", hex.slice(0, 2), hex);
}

async function flip(dir: string, digest: string, at: number): Promise<void> {
  using file = await Deno.open(pathOf(dir, digest), { read: true, write: true });
  await file.seek(at, Deno.SeekMode.Start);
  const byte = new Uint8Array(1);
  await file.read(byte);
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(new Uint8Array([byte[0]! ^ 0xff]));
}

/** Stores `size` bytes, damages byte `at` while no cache is open, and runs `test` with one. */
async function withDamage(
  { size, at }: { size: number; at: number },
  test: (
    setup: Parameters<Parameters<typeof withCacheIn>[2]>[0] & ReturnType<typeof blob>,
  ) => Promise<void>,
): Promise<void> {
  await withDir(async (dir) => {
    const content = blob(size);
    await withCacheIn(
      dir,
      {},
      ({ cache }) => cache.put(content.digest, content.bytes, "a/b", "r/x"),
    );
    await flip(dir, content.digest, at);
    await withCacheIn(dir, {}, (setup) => test({ ...setup, ...content }));
  });
}

Deno.test("open, small damaged content is not there", () =>
  withDamage({ size: 1000, at: 500 }, async ({ cache, events, dir, digest }) => {
    assert.equal(await cache.open(digest), undefined);
    assert.equal(cache.stat(digest), undefined);
    assert.deepEqual(events.map(({ kind }) => kind), ["damaged"]);
    const aside = join(dir, "damaged", digest.replace(":", "-"));
    assert.equal((await Deno.stat(aside)).size, 1000);
  }));

Deno.test("open, large damaged content ends in an error, whatever part is read", async (t) => {
  for (const range of [undefined, { start: 0, end: 99 }, { suffix: 10 }, { start: 2 * MiB }]) {
    await t.step(
      JSON.stringify(range ?? "all"),
      () =>
        withDamage({ size: 4 * MiB, at: MiB }, async ({ cache, events, digest }) => {
          const content = await cache.open(digest, range);
          const { bytes, error } = await drain(content!.body);
          assert.ok(error instanceof ContentDamaged);
          assert.ok(bytes.length < content!.length!);
          assert.equal(await cache.open(digest), undefined);
          assert.equal(events.filter(({ kind }) => kind === "damaged").length, 1);
        }),
    );
  }
});

Deno.test("open, a reader goes on from the source when what it has had was right", async (t) => {
  const size = 4 * MiB;
  const cases: [name: string, at: number, range: { start: number } | undefined, saved: boolean][] =
    [
      ["damage in what was held back", size - 10, undefined, true],
      ["damage before the range", 10, { start: 2 * MiB }, true],
      ["damage in what was sent", 10, undefined, false],
    ];
  for (const [name, at, range, saved] of cases) {
    await t.step(name, () =>
      withDamage({ size, at }, async ({ cache, digest, bytes }) => {
        const { source, asked } = sourceOf(bytes);
        const content = await cache.open(digest, range, { source, repository: "r/x" });
        const got = await drain(content!.body);
        if (saved) assertBytes(got.bytes, bytes.subarray(content!.offset));
        else assert.ok(got.error instanceof ContentDamaged, String(got.error));
        assert.deepEqual(asked, [0]);
        await until(() => cache.look(digest, "").stored, "the good copy");
        assertBytes(await bytesOf((await cache.open(digest))!.body), bytes);
      }));
  }
});

Deno.test("open, readers of content under verification share one pass", () =>
  withDir(async (dir) => {
    const { bytes, digest } = blob(4 * MiB);
    await withCacheIn(dir, {}, ({ cache }) => cache.put(digest, bytes, ""));
    await withCacheIn(dir, {}, async ({ cache }) => {
      const contents = await Promise.all([0, 1, 2].map((start) => cache.open(digest, { start })));
      for (const [start, content] of contents.entries()) {
        assertBytes(await bytesOf(content!.body), bytes.subarray(start));
      }
      assert.ok(cache.stat(digest)!.verified > 0);
    });
  }));

Deno.test("open, a file of another size, or none, is a miss", async () => {
  for (const damage of ["truncated", "gone"]) {
    await withDir(async (dir) => {
      const { bytes, digest } = blob(4 * MiB);
      await withCacheIn(dir, {}, async ({ cache, events }) => {
        const { source } = sourceOf(bytes);
        await bytesOf((await cache.fill(digest, source)).body);
        await until(() => cache.look(digest, "").stored);
        if (damage === "gone") await Deno.remove(pathOf(dir, digest));
        else await Deno.truncate(pathOf(dir, digest), 100);
        assert.equal(await cache.open(digest), undefined);
        assert.equal(cache.stat(digest), undefined);
        assert.ok(events.some(({ kind }) => kind === "damaged"));
        assertBytes(await bytesOf((await cache.fill(digest, source)).body), bytes);
      });
    });
  }
});

Deno.test("open, content is compared again after verifyEvery", async () => {
  const clock = new FakeClock();
  await withCache({ clock, verifyEvery: 3600e3 }, async ({ cache, dir }) => {
    const { bytes, digest } = blob(4 * MiB);
    await cache.put(digest, bytes, "");
    await flip(dir, digest, 5);
    await clock.advance(3500e3);
    await bytesOf((await cache.open(digest))!.body);
    await clock.advance(200e3);
    const { error } = await drain((await cache.open(digest))!.body);
    assert.ok(error instanceof ContentDamaged);
  });
});

Deno.test("open, a medium that cannot read is damage; the reader goes on from the source", async () => {
  await withDir(async (dir) => {
    const { bytes, digest } = blob(4 * MiB);
    await withCacheIn(dir, {}, ({ cache }) => cache.put(digest, bytes, ""));
    const openStore = async (dir: string, now: number) => {
      const store = await FlakyStore.open(dir, now);
      store.unreadableFrom = 2 * MiB;
      return store;
    };
    await withCacheIn(dir, { openStore }, async ({ cache, events }) => {
      const content = await cache.open(digest, undefined, sourceOf(bytes));
      assertBytes(await bytesOf(content!.body), bytes);
      assert.ok(events.some(({ kind }) => kind === "damaged"));
    });
  });
});

Deno.test("verify, compares everything, moves damage aside and says what it was", () =>
  withDir(async (dir) => {
    const blobs = [1, 2, 3].map((seed) => blob(100_000 * seed, seed));
    await withCacheIn(dir, {}, async ({ cache }) => {
      for (const { digest, bytes } of blobs) await cache.put(digest, bytes, "");
    });
    await flip(dir, blobs[1]!.digest, 7);
    await Deno.remove(pathOf(dir, blobs[2]!.digest));
    await withCacheIn(dir, {}, async ({ cache }) => {
      const seen: number[] = [];
      const result = await cache.verify(({ blobs }) => seen.push(blobs));
      assert.deepEqual(seen, [1, 2, 3]);
      assert.deepEqual(
        new Set(result.damaged),
        new Set([blobs[1]!.digest, blobs[2]!.digest]),
      );
      assert.equal(result.bytes, 600_000);
      assert.equal(result.totalBlobs, 3);
      assert.equal(cache.list().total, 1);
    });
  }));

Deno.test("verification behind the scenes, reads no faster than it may, the oldest first", () =>
  withDir(async (dir) => {
    const clock = new FakeClock();
    const blobs = [1, 2].map((seed) => blob(2 * MiB, seed));
    const options = { clock, verifyEvery: 3600e3, scrubRate: MiB };
    await withCacheIn(dir, { clock }, async ({ cache }) => {
      for (const { digest, bytes } of blobs) {
        await cache.put(digest, bytes, "");
        await clock.advance(1000);
      }
    });
    await flip(dir, blobs[1]!.digest, 0);
    await clock.advance(3600e3);
    await withCacheIn(dir, options, async ({ cache, events }) => {
      const verified = () => cache.stat(blobs[0]!.digest)!.verified;
      const before = verified();
      await until(() => clock.pending > 0);
      for (let step = 0; step < 3; step++) await advanceReading(clock, 500);
      assert.equal(verified(), before, "two mebibytes take two seconds");
      for (let step = 0; step < 3; step++) await advanceReading(clock, 500);
      assert.ok(verified() > before);
      for (let step = 0; step < 6; step++) await advanceReading(clock, 500);
      assert.deepEqual(events.map(({ kind }) => kind), ["damaged"]);
    });
  }));

/** Lets time pass, then what was waiting for it read from the real disk. */
async function advanceReading(clock: FakeClock, ms: number): Promise<void> {
  await clock.advance(ms);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
