import assert from "node:assert/strict";
import { DigestMismatch, SourceBroken } from "../../../cache/errors.ts";
import { FakeClock, settle } from "../../fake/clock.ts";
import {
  answer,
  assertBytes,
  blob,
  bytesOf,
  drain,
  type Fault,
  inByteStreams,
  pieces,
  scripted,
  sourceOf,
  until,
  withCache,
  withCacheIn,
  withDir,
} from "../support.ts";
import type { Source } from "../../../cache/types.ts";

const KiB = 1024;
const MiB = 2 ** 20;

Deno.test("fill, goes on from where the source broke off", async (t) => {
  const { bytes, digest } = blob(300 * KiB);
  const cases: [name: string, script: Fault[], asked: number[]][] = [
    ["a cut", [{ cut: 100 * KiB }, {}], [0, 100 * KiB]],
    ["an early clean end", [{ end: 100 * KiB }, {}], [0, 100 * KiB]],
    ["a cut before the first byte", [{ cut: 0 }, {}], [0, 0]],
    ["an ignored range", [{ cut: 100 * KiB }, { ignoreRange: true }], [0, 100 * KiB]],
    ["several cuts", [{ cut: 64 * KiB }, { cut: 64 * KiB }, {}], [0, 64 * KiB, 128 * KiB]],
    [
      "an error on the way back",
      [{ cut: 100 * KiB }, { reject: new Error("busy") }, {}],
      [0, 100 * KiB, 100 * KiB],
    ],
    ["a cut without a stated size", [{ cut: 64 * KiB, total: undefined }, {}], [0, 64 * KiB]],
    ["a cut at the very end", [{ cut: 300 * KiB }], [0]],
  ];
  for (const [name, script, expected] of cases) {
    await t.step(name, () =>
      withCache({ retries: 3 }, async ({ cache, events }) => {
        const { source, asked } = scripted(bytes, script);
        const content = await cache.fill(digest, source);
        assertBytes(await bytesOf(content.body), bytes);
        await until(() => cache.look(digest, "").stored);
        assert.deepEqual(asked, expected);
        const resumed = events.filter(({ kind }) => kind === "fill-resumed").length;
        assert.equal(resumed, name === "an error on the way back" ? 1 : expected.length - 1);
      }));
  }
});

Deno.test("fill, stores nothing of what cannot be completed, and says so by a short read", async (t) => {
  const { bytes, digest } = blob(300 * KiB);
  const cases: [
    name: string,
    script: Fault[],
    error: typeof SourceBroken | typeof DigestMismatch,
  ][] = [
    ["cuts without end", [{ cut: 10 * KiB, piece: KiB }], SourceBroken],
    ["wrong bytes", [{ wrong: true }], DigestMismatch],
    ["wrong bytes after a cut", [{ cut: 100 * KiB }, { wrong: true }], DigestMismatch],
    ["a resumption too far on", [{ cut: 100 * KiB }, { offset: 200 * KiB }], SourceBroken],
    ["another size", [{ cut: 100 * KiB }, { total: 400 * KiB }], SourceBroken],
    ["a size that is too small", [{ total: 200 * KiB }], DigestMismatch],
    ["a size that is too large", [{ total: 400 * KiB }], SourceBroken],
    ["no size and too few bytes", [{ end: 200 * KiB, total: undefined }], DigestMismatch],
    ["no way back", [{ cut: 100 * KiB }, { reject: new Error("gone") }], SourceBroken],
  ];
  for (const [name, script, expected] of cases) {
    await t.step(name, () =>
      withCache({ retries: 2 }, async ({ cache, dir, events }) => {
        const content = await cache.fill(digest, scripted(bytes, script).source, {
          repository: "r/x",
        });
        const got = await drain(content.body);
        assert.ok(got.error instanceof expected, String(got.error));
        assert.ok(got.bytes.length < (content.size ?? bytes.length), "a short read");
        await until(() => cache.fills().length === 0);
        assert.equal(cache.stat(digest), undefined);
        for (const place of ["tmp", "partial"]) {
          assert.deepEqual(await Array.fromAsync(Deno.readDir(`${dir}/${place}`)), []);
        }
        const failed = events.filter(({ kind }) => kind === "fill-failed");
        assert.equal(failed.length, 1);
        const whole = await cache.fill(digest, sourceOf(bytes).source);
        assertBytes(await bytesOf(whole.body), bytes, "the next one begins anew");
      }));
  }
});

Deno.test("fill, a source that falls silent is asked again after the stall timeout", async () => {
  const clock = new FakeClock();
  const { bytes, digest } = blob(300 * KiB);
  await withCache({ clock, stallTimeout: 30_000 }, async ({ cache }) => {
    const { source, asked } = scripted(bytes, [{ stall: 128 * KiB }, {}]);
    const content = await cache.fill(digest, source);
    const all = bytesOf(content.body);
    await until(() => cache.fills()[0]?.received === 128 * KiB);
    await clock.advance(29_000);
    assert.deepEqual(asked, [0]);
    await clock.advance(2_000);
    assert.deepEqual(await all, bytes);
    assert.deepEqual(asked, [0, 128 * KiB]);
  });
});

Deno.test("fill, a fast byte stream is gone on with from its last whole piece", async (t) => {
  const { bytes, digest } = blob(3 * MiB + 5);
  const broken = 2.5 * MiB;
  for (const fault of [{ cut: broken }, { end: broken }, { stall: broken }, {}] as Fault[]) {
    await t.step(Object.keys(fault)[0] ?? "sound", async () => {
      const clock = new FakeClock();
      await withCache({ clock, stallTimeout: 30_000 }, async ({ cache }) => {
        const { source, asked } = scripted(bytes, [fault, {}]);
        const content = await cache.fill(digest, inByteStreams(source));
        const all = bytesOf(content.body);
        if (fault.stall) {
          await until(() => (cache.fills()[0]?.received ?? 0) >= broken - MiB, "what came before");
          for (let n = 0; asked.length < 2 && n < 1000; n++) await clock.advance(1000);
        }
        assertBytes(await all, bytes);
        const [first, again, ...more] = asked;
        assert.deepEqual([first, more], [0, []]);
        if (Object.keys(fault).length === 0) assert.equal(again, undefined);
        else assert.ok(again! >= broken - MiB && again! <= broken, `asked again from ${again}`);
      });
    });
  }
});

Deno.test("fill, waits as long as the backoff says before each retry", async () => {
  const clock = new FakeClock();
  const { bytes, digest } = blob(100_000);
  await withCache(
    { clock, retries: 3, backoff: (attempt) => attempt * 1000 },
    async ({ cache }) => {
      const { source, asked } = scripted(bytes, [{ cut: 10 }, { cut: 0 }, {}]);
      const content = await cache.fill(digest, source);
      const all = bytesOf(content.body);
      const times: number[] = [];
      for (let second = 0; second < 4; second++) {
        await settle();
        times.push(asked.length);
        await clock.advance(1000);
      }
      assert.deepEqual(times, [1, 2, 2, 3]);
      assert.deepEqual(await all, bytes);
    },
  );
});

Deno.test("fill, what the source throws before it answers reaches all who wait", async () => {
  const { bytes, digest } = blob(10);
  class NotFound extends Error {}
  await withCache({}, async ({ cache, events }) => {
    const { source, asked } = scripted(bytes, [{ reject: new NotFound() }]);
    const options = { repository: "r/x" };
    const all = await Promise.allSettled([1, 2, 3].map(() => cache.fill(digest, source, options)));
    for (const outcome of all) {
      assert.equal(outcome.status, "rejected");
      assert.ok(outcome.reason instanceof NotFound);
    }
    assert.deepEqual(asked, [0]);
    assert.deepEqual(events, [], "no fill has begun");
  });
});

Deno.test("fill, a refusal to one repository is no refusal to another", async () => {
  const { bytes, digest } = blob(10);
  await withCache({}, async ({ cache }) => {
    const refused = scripted(bytes, [{ reject: new Error("no") }]).source;
    const [first, second] = await Promise.allSettled([
      cache.fill(digest, refused, { repository: "r/x" }),
      cache.fill(digest, sourceOf(bytes).source, { repository: "r/y" }),
    ]);
    assert.equal(first.status, "rejected");
    assert.equal(second.status, "fulfilled");
    assertBytes(await bytesOf(second.value.body), bytes);
  });
});

Deno.test("fill, lives on when its first client goes away", async () => {
  const { bytes, digest } = blob(3 * MiB);
  await withCache({}, async ({ cache }) => {
    const { source, asked } = sourceOf(bytes);
    const first = await cache.fill(digest, source);
    const second = await cache.fill(digest, source);
    await (first.body as ReadableStream).cancel();
    assertBytes(await bytesOf(second.body), bytes);
    assert.deepEqual(asked, [0]);
  });
  await withCache({}, async ({ cache }) => {
    const content = await cache.fill(digest, sourceOf(bytes).source);
    await (content.body as ReadableStream).cancel();
    await until(() => cache.look(digest, "").stored, "a fill that nobody reads");
  });
});

Deno.test("fill, ends some time after nobody waits for it any longer, and can be gone on from", async () => {
  const clock = new FakeClock();
  const { bytes, digest } = blob(3 * MiB);
  await withCache({ clock, orphanLimit: 60_000, stallTimeout: 1e9 }, async ({ cache }) => {
    const first = scripted(bytes, [{ stall: MiB }]);
    const content = await cache.fill(digest, first.source);
    await until(() => cache.fills()[0]?.received === MiB);
    await (content.body as ReadableStream).cancel();
    await clock.advance(50_000);
    const back = await cache.fill(digest, first.source);
    assert.equal(back.how, "joined");
    await clock.advance(50_000);
    await (back.body as ReadableStream).cancel();
    await clock.advance(59_000);
    assert.equal(cache.fills().length, 1);
    await clock.advance(2_000);
    await until(() => cache.fills().length === 0);
    const { source, asked } = sourceOf(bytes);
    assertBytes(await bytesOf((await cache.fill(digest, source)).body), bytes);
    assert.deepEqual(asked, [MiB]);
  });
});

Deno.test("close, leaves fills resumable by the next process", async (t) => {
  const { bytes, digest } = blob(3 * MiB);
  const cases: [name: string, fault: Fault, asked: number[]][] = [
    ["by a range", {}, [MiB]],
    ["from the beginning where ranges are ignored", { ignoreRange: true }, [MiB]],
  ];
  for (const [name, fault, expected] of cases) {
    await t.step(name, () =>
      withDir(async (dir) => {
        await withCacheIn(dir, {}, async ({ cache }) => {
          const content = await cache.fill(digest, scripted(bytes, [{ stall: MiB }]).source);
          const got = drain(content.body);
          await until(() => cache.fills()[0]?.received === MiB);
          await cache.close();
          assert.ok((await got).error, "the client sees a short read");
        });
        await withCacheIn(dir, {}, async ({ cache }) => {
          const { source, asked } = scripted(bytes, [fault]);
          assertBytes(await bytesOf((await cache.fill(digest, source)).body), bytes);
          assert.deepEqual(asked, expected);
        });
      }));
  }
  await t.step("from nothing where the source does not go on", () =>
    withDir(async (dir) => {
      await withCacheIn(dir, {}, async ({ cache }) => {
        const content = await cache.fill(digest, scripted(bytes, [{ stall: MiB }]).source);
        await until(() => cache.fills()[0]?.received === MiB);
        await (content.body as ReadableStream).cancel();
      });
      await withCacheIn(dir, {}, async ({ cache }) => {
        const { source, asked } = scripted(bytes, [{ reject: new Error("416") }, {}]);
        assertBytes(await bytesOf((await cache.fill(digest, source)).body), bytes);
        assert.deepEqual(asked, [MiB, 0]);
      });
    }));
  await t.step("a damaged partial is never served", () =>
    withDir(async (dir) => {
      await withCacheIn(dir, {}, async ({ cache }) => {
        const content = await cache.fill(
          digest,
          scripted(bytes, [{ wrong: true, stall: MiB }]).source,
        );
        await until(() => cache.fills()[0]?.received === MiB);
        await (content.body as ReadableStream).cancel();
      });
      await withCacheIn(dir, {}, async ({ cache }) => {
        const got = await drain((await cache.fill(digest, sourceOf(bytes).source)).body);
        assert.ok(got.error instanceof DigestMismatch);
        const again = await drain((await cache.fill(digest, sourceOf(bytes).source)).body);
        assertBytes(again.bytes, bytes);
      });
    }));
});

Deno.test("fill, a slow reader keeps nobody waiting", async () => {
  const { bytes, digest } = blob(20 * MiB);
  await withCache({}, async ({ cache }) => {
    const { source } = sourceOf(bytes, 256 * KiB);
    const slow = await cache.fill(digest, source);
    const reader = (slow.body as ReadableStream<Uint8Array>).getReader();
    const { value: head } = await reader.read();
    const quick = await cache.fill(digest, source, { range: { start: 5 } });
    assertBytes(await bytesOf(quick.body), bytes.subarray(5));
    await until(() => cache.look(digest, "").stored, "the blob on the disk");
    reader.releaseLock();
    const rest = await drain(slow.body);
    assertBytes(rest.bytes, bytes.subarray(head!.length));
  });
});

Deno.test("fill, hands on bytes as they arrive, but for the last", async () => {
  const { bytes, digest } = blob(512 * KiB);
  const gate = Promise.withResolvers<void>();
  const source: Source = () => {
    const reader = pieces(bytes, 128 * KiB).getReader();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (sent === 512 * KiB - 128 * KiB) await gate.promise;
        const { value } = await reader.read();
        if (!value) return controller.close();
        sent += value.length;
        controller.enqueue(value);
      },
    }, { highWaterMark: 0 });
    return Promise.resolve({ offset: 0, total: bytes.length, body });
  };
  await withCache({}, async ({ cache }) => {
    const whole = await cache.fill(digest, source);
    const part = await cache.fill(digest, source, { range: { start: 0, end: 128 * KiB - 1 } });
    const last = await cache.fill(digest, source, { range: { suffix: 300 * KiB } });
    const read = { whole: 0, part: 0, last: 0 };
    const count = async (name: keyof typeof read, body: ReadableStream<Uint8Array>) => {
      for await (const piece of body) read[name] += piece.length;
    };
    const done = [
      count("whole", whole.body as ReadableStream<Uint8Array>),
      count("part", part.body as ReadableStream<Uint8Array>),
      count("last", last.body as ReadableStream<Uint8Array>),
    ];
    await until(() => read.whole === 384 * KiB && read.last > 0);
    // A range that does not touch the end of the content is over by now; one that does is not.
    await done[1];
    await settle();
    assert.ok(read.last < 300 * KiB, "no clean end of the content before everything is verified");
    gate.resolve();
    await Promise.all(done);
    assert.deepEqual(read, { whole: 512 * KiB, part: 128 * KiB, last: 300 * KiB });
  });
});

Deno.test("fill, the others' sources are tried when the first one's does not come back", async () => {
  const { bytes, digest } = blob(300 * KiB);
  await withCache({ retries: 3 }, async ({ cache }) => {
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const expired: Source = async (from) => {
      if (calls++ > 0) throw new Error("signed out");
      await gate.promise;
      return {
        ...answer(bytes, from),
        body: pieces(bytes.subarray(0, 64 * KiB), KiB, new Error("cut")),
      };
    };
    const other = sourceOf(bytes);
    const first = cache.fill(digest, expired);
    const second = cache.fill(digest, other.source);
    gate.resolve();
    assertBytes(await bytesOf((await first).body), bytes);
    assertBytes(await bytesOf((await second).body), bytes);
    assert.deepEqual(other.asked, [64 * KiB]);
  });
});

Deno.test("fills, lists what is under way", async () => {
  const clock = new FakeClock();
  const { bytes, digest } = blob(MiB);
  await withCache({ clock, stallTimeout: 1e9 }, async ({ cache }) => {
    const { source } = scripted(bytes, [{ stall: 128 * KiB }]);
    const options = { repository: "r/x", label: "x:latest, layer 1" };
    const contents = [
      await cache.fill(digest, source, options),
      await cache.fill(digest, source, options),
    ];
    await until(() => cache.fills()[0]?.received === 128 * KiB);
    assert.deepEqual(cache.fills(), [{
      digest,
      ...options,
      startedAt: clock.now(),
      received: 128 * KiB,
      total: MiB,
      followers: 2,
      resumed: 0,
      mediaType: "",
    }]);
    for (const { body } of contents) await (body as ReadableStream).cancel();
  });
});
