import assert from "node:assert/strict";
import { alone, type Course } from "../../cache/course.ts";
import type { Source } from "../../cache/types.ts";
import { settle } from "../fake/clock.ts";
import { FlakyStore } from "./flaky_store.ts";
import {
  assertBytes,
  blob,
  bytesOf,
  drain,
  scripted,
  sourceOf,
  until,
  withCache,
  withCacheIn,
  withDir,
} from "./support.ts";

type Ended = Parameters<Course["ended"]>[0];

/** A course that takes every way from `nearer`, after a proof, and notes what it is told. */
function courseBy(nearer: Source, ended: (Ended)[] = []) {
  const proofs: (() => Promise<void>)[] = [];
  const course: Course = {
    via(_, prove) {
      proofs.push(prove);
      return async (...args) => {
        await prove();
        return await nearer(...args);
      };
    },
    ended(stored) {
      ended.push(stored);
      return Promise.resolve();
    },
  };
  return { courses: () => course, proofs, ended };
}

Deno.test("alone, hands back the very source it is given, and proves nothing", () => {
  const { source } = sourceOf(new Uint8Array());
  const prove = () => Promise.reject(new Error("asked to prove"));
  assert.equal(alone(blob(1).digest).via(source, prove), source);
});

Deno.test("fill, gets its bytes by the course, each asker with a proof of its own", async () => {
  const { bytes, digest } = blob(300_000);
  const nearer = sourceOf(bytes);
  const { courses, proofs, ended } = courseBy(nearer.source);
  await withCache({ courses }, async ({ cache }) => {
    const upstream = sourceOf(bytes);
    let proven = 0;
    const prove = () => Promise.resolve(void proven++);
    const all = await Promise.all([1, 2, 3].map(async () => {
      const content = await cache.fill(digest, upstream.source, { prove, mediaType: "a/b" });
      return await bytesOf(content.body);
    }));
    for (const got of all) assertBytes(got, bytes);
    assert.equal(proofs.length, 3);
    assert.equal(proven, 1, "only those who are asked for bytes have to prove anything");
    assert.deepEqual([nearer.asked, upstream.asked], [[0], []]);
    await until(() => ended.length > 0);
    assert.deepEqual(ended, [{ size: bytes.length, mediaType: "a/b" }]);
  });
});

Deno.test("fill, without a proof comes from upstream alone", async () => {
  const { bytes, digest } = blob(1000);
  const { courses } = courseBy(() => Promise.reject(new Error("asked")));
  await withCache({ courses }, async ({ cache }) => {
    assertBytes(await bytesOf((await cache.fill(digest, sourceOf(bytes).source)).body), bytes);
  });
});

Deno.test("course, ends with the fill, also one that was refused before its first byte", async () => {
  const { bytes, digest } = blob(100_000);
  const { courses, ended } = courseBy(() => Promise.reject(new Error("not used")));
  await withCache({ courses }, async ({ cache }) => {
    const refused = scripted(bytes, [{ reject: new Error("401") }]).source;
    await assert.rejects(cache.fill(digest, refused), /401/);
    await until(() => ended.length === 1);
    const wrong = await cache.fill(digest, scripted(bytes, [{ wrong: true }]).source);
    await drain(wrong.body);
    await until(() => ended.length === 2);
    assert.deepEqual(ended, [undefined, undefined]);
  });
});

Deno.test("close, waits until the course has ended; what fails there is reported", async () => {
  const { bytes, digest } = blob(100_000);
  const order: string[] = [];
  const course: Course = {
    via: (source) => source,
    async ended(stored) {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`ended ${stored}`);
      throw new Error("the lease is gone");
    },
  };
  await withDir((dir) =>
    withCacheIn(dir, { courses: () => course }, async ({ cache, events }) => {
      const { source } = scripted(bytes, [{ stall: 10 }]);
      const content = await cache.fill(digest, source);
      await cache.close();
      order.push("closed");
      assert.deepEqual(order, ["ended undefined", "closed"]);
      assert.ok(events.some((event) => event.kind === "trouble" && event.what === "ending a fill"));
      assert.ok((await drain(content.body)).error);
    })
  );
});

Deno.test("follow, gives what is here, from any byte on, and nothing of what is not", async () => {
  const { bytes, digest } = blob(3000);
  await withCache({}, async ({ cache }) => {
    assert.equal(await cache.follow(digest, 0), undefined);
    await cache.put(digest, bytes, "a/b");
    for (const from of [0, 1, 2999]) {
      const content = await cache.follow(digest, from);
      assert.equal(content?.offset, from);
      assertBytes(await bytesOf(content!.body), bytes.subarray(from));
    }
    await assert.rejects(cache.follow(digest, 3000), { name: "RangeNotSatisfiable" });
    assert.equal(cache.fills().length, 0);
  });
});

Deno.test("follow, goes with a running fill and adds no source to it", async () => {
  const { bytes, digest } = blob(400_000);
  for (const total of [bytes.length, undefined]) {
    await withCache({ retries: 2 }, async ({ cache, events }) => {
      const upstream = scripted(bytes, [{ cut: 200_000, total }, { total }]);
      const leader = await cache.fill(digest, upstream.source, { repository: "r/x" });
      const peer = await cache.follow(digest, 150_000);
      assert.equal(peer?.how, "joined");
      assert.equal(peer?.offset, 150_000);
      const [led, followed] = await Promise.all([bytesOf(leader.body), bytesOf(peer!.body)]);
      assertBytes(led, bytes);
      assertBytes(followed, bytes.subarray(150_000));
      assert.deepEqual(upstream.asked, [0, 200_000]);
      assert.deepEqual(events.filter(({ kind }) => kind === "fill-start").length, 1);
      await until(() => cache.fills().length === 0);
    });
  }
});

Deno.test("follow, is nothing where the fill's source refuses before the first byte", async () => {
  const { digest } = blob(1000);
  await withCache({}, async ({ cache }) => {
    const answered = Promise.withResolvers<never>();
    let asked = false;
    const source = () => {
      asked = true;
      return answered.promise;
    };
    const filled = assert.rejects(cache.fill(digest, source), /429/);
    await until(() => asked);
    const followed = cache.follow(digest, 0);
    await settle();
    answered.reject(new Error("429"));
    assert.equal(await followed, undefined);
    await filled;
  });
});

Deno.test("follow, ends in an error where the others have to go on by themselves", async () => {
  const { bytes, digest } = blob(12 * 2 ** 20);
  let store: FlakyStore | undefined;
  const openStore = async (dir: string, now: number) => store = await FlakyStore.open(dir, now);
  await withCache({ openStore }, async ({ cache }) => {
    store!.room = 2 ** 20;
    const leader = await cache.fill(digest, sourceOf(bytes).source);
    const peer = await cache.follow(digest, 0);
    const [led, followed] = await Promise.all([drain(leader.body), drain(peer!.body)]);
    assertBytes(led.bytes, bytes);
    assert.equal((followed.error as Error).name, "FillStopped");
    assertBytes(followed.bytes, bytes.subarray(0, followed.bytes.length));
  });
});
