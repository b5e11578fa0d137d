import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Cache } from "../../../cache/api.ts";
import type { CacheEvent } from "../../../cache/events.ts";
import { digestAt } from "../../../cache/depot/depot.ts";
import { digestOf } from "../../../cache/hash.ts";
import type { CacheOptions } from "../../../cache/options.ts";
import type { FakeS3, S3Fault } from "../../fake/s3.ts";
import { FakeClock } from "../../fake/clock.ts";
import {
  assertBytes,
  type Blob,
  blob,
  bytesOf,
  drain,
  type ScriptedSource,
  sourceOf,
  until,
  withCacheIn,
  withDir,
} from "../support.ts";
import { withPlace } from "./s3_place.ts";

const KiB = 1024;

interface Setup {
  s3: FakeS3;
  cache: Cache;
  events: CacheEvent[];
  /** Opens the cache again, on an empty disk unless `keep` says otherwise. */
  again(
    test: (setup: Setup) => Promise<void>,
    options?: Partial<CacheOptions> & { keep?: boolean },
  ): Promise<void>;
}

/** Runs `test` with a cache that has a depot in a bucket. */
async function withDepot(
  test: (setup: Setup) => Promise<void>,
  options: Partial<CacheOptions> = {},
): Promise<void> {
  await withPlace(async ({ s3, place }) => {
    const run = (dir: string, extra: Partial<CacheOptions>, use: typeof test): Promise<void> =>
      withCacheIn(dir, { depot: place, retries: 2, ...options, ...extra }, async (opened) => {
        const { cache, events } = opened;
        await use({
          s3,
          cache,
          events,
          async again(use, { keep, ...extra } = {}) {
            await cache.close();
            if (keep) await run(dir, extra, use);
            else await withDir((fresh) => run(fresh, extra, use));
          },
        });
      });
    await withDir((dir) => run(dir, {}, test));
  });
}

const depotOf = (cache: Cache) => cache.depot()!;
const proven = () => Promise.resolve();

/** Fills `digest`; the rest of `options` goes to the fill. */
async function fill(cache: Cache, { digest }: Blob, upstream: ScriptedSource, prove = proven) {
  const content = await cache.fill(digest, upstream.source, {
    prove,
    mediaType: "a/b",
    repository: "hub/org/app",
  });
  return await drain(content.body);
}

const stored = ({ objects }: FakeS3) =>
  [...objects.keys()].flatMap((key) => digestAt(key) ?? []).sort();

/** Fills from upstream and waits until the depot has all of them. */
async function fillAll({ cache, s3 }: Setup, blobs: Blob[]): Promise<void> {
  for (const each of blobs) await fill(cache, each, sourceOf(each.bytes));
  await until(() => stored(s3).length === blobs.length, "the depot");
  await until(() => depotOf(cache).queued === 0, "the queue");
}

/** Lets `ms` pass again and again until `condition` holds. */
async function pass(clock: FakeClock, ms: number, condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition();) {
    if (Date.now() > deadline) throw new Error("waited in vain");
    await clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

Deno.test("depot, gets what was filled or put, with its media type", () =>
  withDepot(async (t) => {
    const [one, two] = [blob(300_000), blob(500, 2)];
    await fill(t.cache, one, sourceOf(one.bytes));
    await t.cache.put(two.digest, two.bytes, "c/d", "hub/org/app");
    await until(() => stored(t.s3).length === 2);
    assert.deepEqual(stored(t.s3), [one.digest, two.digest].sort());
    const types = [...t.s3.objects].filter(([key]) => digestAt(key)).map(([, { type }]) => type);
    assert.deepEqual(types.sort(), ["a/b", "c/d"]);
    await until(() => depotOf(t.cache).queued === 0, "the queue");
    const { objects, bytes, puts, errors, problem } = depotOf(t.cache);
    assert.deepEqual({ objects, bytes, puts, errors, problem }, {
      ...{ objects: 2, bytes: 300_500 },
      ...{ puts: 2, errors: 0, problem: "" },
    });
  }));

Deno.test("depot, fills an empty disk without upstream, after a proof", () =>
  withDepot(async (t) => {
    const blobs = [blob(3_000_000), blob(500, 2)];
    await fillAll(t, blobs);
    await t.again(async ({ cache, s3 }) => {
      s3.log.length = 0;
      let proofs = 0;
      for (const each of blobs) {
        const upstream = sourceOf(each.bytes);
        const { bytes, error } = await fill(cache, each, upstream, () => {
          proofs++;
          return Promise.resolve();
        });
        assert.ifError(error);
        assertBytes(bytes, each.bytes);
        assert.deepEqual(upstream.asked, []);
      }
      assert.equal(proofs, 2);
      assert.equal(cache.stat(blobs[0]!.digest)?.mediaType, "a/b");
      await until(() => depotOf(cache).gets === 2, "the count");
      assert.deepEqual(s3.log.filter((line) => line.startsWith("PUT")), []);
    });
  }));

Deno.test("depot, gives nothing to those who cannot prove that they may have it", () =>
  withDepot(async (t) => {
    const secret = blob(300_000);
    await fillAll(t, [secret]);
    await t.again(async ({ cache, s3 }) => {
      const upstream = sourceOf(secret.bytes);
      const denied = new Error("401");
      const filled = fill(cache, secret, upstream, () => Promise.reject(denied));
      await assert.rejects(filled, denied);
      assert.equal(cache.stat(secret.digest), undefined);
      assert.deepEqual(s3.log.filter((line) => /^GET .*v1\/blobs.*[0-9a-f]{64}$/.test(line)), []);
    });
  }));

Deno.test("depot, whatever it fails in costs nothing but asking upstream", async (t) => {
  const LARGE = 3_000_000;
  const table: [string, number, S3Fault, upstream: number[]][] = [
    ["500", LARGE, { status: 500 }, [0]],
    ["403", LARGE, { status: 403, code: "AccessDenied" }, [0]],
    ["404", LARGE, { status: 404, code: "NoSuchKey" }, [0]],
    ["cut at its beginning", LARGE, { cut: 0 }, [0]],
    ["small and cut", 1000, { cut: 500 }, [0]],
    ["small and wrong", 1000, { wrong: true }, [0]],
  ];
  for (const [name, size, fault, asked] of table) {
    await t.step(name, () =>
      withDepot(async (t) => {
        const each = blob(size);
        await fillAll(t, [each]);
        await t.again(async ({ cache, s3 }) => {
          await until(() => depotOf(cache).objects === 1, "the listing");
          s3.fault = (method, key) => method === "GET" && digestAt(key) ? fault : undefined;
          const upstream = sourceOf(each.bytes);
          const { bytes, error } = await fill(cache, each, upstream);
          assert.ifError(error);
          assertBytes(bytes, each.bytes);
          assert.deepEqual(upstream.asked, asked);
        });
      }));
  }
});

Deno.test("depot, upstream gives the rest of what breaks off", () =>
  withDepot(async (t) => {
    const each = blob(3_000_000);
    await fillAll(t, [each]);
    await t.again(async ({ cache, s3, events }) => {
      s3.fault = (method, key) => method === "GET" && digestAt(key) ? { cut: 2e6 } : undefined;
      const upstream = sourceOf(each.bytes);
      const { bytes, error } = await fill(cache, each, upstream);
      assert.ifError(error);
      assertBytes(bytes, each.bytes);
      assert.equal(upstream.asked.length, 1);
      assert.ok(upstream.asked[0]! > 0 && upstream.asked[0]! <= 2e6, `from ${upstream.asked}`);
      assert.equal(events.filter(({ kind }) => kind === "fill-resumed").length, 1);
    });
  }));

Deno.test("depot, wrong bytes never end cleanly; their object goes, and upstream's are put there", () =>
  withDepot(async (t) => {
    const each = blob(3_000_000);
    await fillAll(t, [each]);
    await t.again(async (t) => {
      const { cache, s3, events } = t;
      let wrong = true;
      s3.fault = (method, key) =>
        method === "GET" && digestAt(key) && wrong ? { wrong } : undefined;
      const { error, bytes } = await fill(cache, each, sourceOf(each.bytes));
      assert.equal((error as Error).name, "DigestMismatch");
      assert.ok(bytes.length < each.bytes.length);
      const damage = events.find((event) => event.kind === "damaged");
      assert.deepEqual([damage?.digest, damage?.where], [each.digest, "depot"]);
      await until(() => stored(s3).length === 0, "its removal");
      wrong = false;
      const upstream = sourceOf(each.bytes);
      assertBytes((await fill(cache, each, upstream)).bytes, each.bytes);
      assert.deepEqual(upstream.asked, [0]);
      await until(() => stored(s3).length === 1, "the object");
    });
  }));

Deno.test("depot, one that hangs makes nobody wait twice", async () => {
  const clock = new FakeClock();
  await withDepot(async ({ cache, s3 }) => {
    const hang = Promise.withResolvers<void>();
    s3.fault = () => ({ wait: hang.promise });
    s3.log.length = 0;
    const fillOne = async (seed: number) => {
      const each = blob(1000, seed);
      assertBytes((await fill(cache, each, sourceOf(each.bytes))).bytes, each.bytes);
    };
    for (let seed = 1; seed <= 5; seed++) await fillOne(seed);
    const heads = () => s3.log.filter((line) => line.startsWith("HEAD")).length;
    assert.equal(heads(), 1);
    await clock.advance(5000);
    await Promise.all([fillOne(6), fillOne(7)]);
    assert.equal(heads(), 2, "a single one tries it again");
    hang.resolve();
  }, { clock });
});

Deno.test("depot, one that is slow is left for upstream, which gives the rest", async (t) => {
  const table: [string, number, upstreamFrom: [least: number, most: number]][] = [
    ["small content, nothing of which is given before all is here", 500_000, [0, 0]],
    ["large content, from where it was", 3_000_000, [1, 2_999_999]],
  ];
  for (const [name, size, [least, most]] of table) {
    await t.step(name, async () => {
      const clock = new FakeClock();
      const each = blob(size);
      await withDepot(async (t) => {
        await fillAll(t, [each]);
        await t.again(async ({ cache, s3 }) => {
          await until(() => depotOf(cache).objects === 1, "the listing");
          let pieces = 0;
          let release = () => {};
          const slowly = () =>
            ++pieces <= 3 ? Promise.resolve() : new Promise<void>((resolve) => release = resolve);
          s3.fault = (method, key) =>
            method === "GET" && digestAt(key) ? { trickle: slowly } : undefined;
          const upstream = sourceOf(each.bytes);
          const filled = fill(cache, each, upstream);
          await until(() => pieces > 3, "some pieces");
          await pass(clock, 1000, () => {
            release();
            return upstream.asked.length > 0;
          });
          const { bytes, error } = await filled;
          assert.ifError(error);
          assertBytes(bytes, each.bytes);
          const [from] = upstream.asked as [number];
          assert.ok(from >= least && from <= most, `from ${from}`);
          release();
        });
      }, { clock });
    });
  }
});

Deno.test("depot, a client that is slow is not taken for a depot that is", async () => {
  const clock = new FakeClock();
  const each = blob(3_000_000);
  await withDepot(async (t) => {
    await fillAll(t, [each]);
    await t.again(async ({ cache }) => {
      await until(() => depotOf(cache).objects === 1, "the listing");
      const upstream = sourceOf(each.bytes);
      const repository = "hub/org/app";
      const { body } = await cache.fill(each.digest, upstream.source, {
        prove: proven,
        repository,
      });
      const pieces: Uint8Array[] = [];
      for await (const piece of body as ReadableStream<Uint8Array>) {
        pieces.push(piece.slice());
        await clock.advance(5000);
      }
      assertBytes(Buffer.concat(pieces), each.bytes);
      assert.deepEqual(upstream.asked, []);
    }, { maxSize: 1_000_000 });
  }, { clock });
});

Deno.test("depot, what could not be put there is put after a restart", () =>
  withDepot(async (t) => {
    const blobs = [1, 2, 3].map((seed) => blob(1000, seed));
    t.s3.fault = (method) => method === "PUT" ? { status: 503, code: "SlowDown" } : undefined;
    for (const each of blobs) await fill(t.cache, each, sourceOf(each.bytes));
    await until(() => t.events.some(({ kind }) => kind === "trouble"), "the failure");
    await until(() => depotOf(t.cache).queued === 3, "the queue");
    const { lastError } = depotOf(t.cache);
    assert.match(lastError!.message, /^cache\.depot\.endpoint: it answered 503 SlowDown to "store/);
    t.s3.fault = () => undefined;
    await t.again(async ({ s3, cache }) => {
      await until(() => stored(s3).length === 3, "the queue");
      assert.deepEqual(stored(s3), blobs.map(({ digest }) => digest).sort());
      await until(() => depotOf(cache).queued === 0, "the queue");
    }, { keep: true });
  }));

Deno.test("depot, puts again by itself what failed, and gives up what is refused for good", async () => {
  const clock = new FakeClock();
  await withDepot(async ({ cache, s3, events }) => {
    let failing: S3Fault | undefined = { status: 500 };
    s3.fault = (method, key) => method === "PUT" && digestAt(key) ? failing : undefined;
    const [one, two] = [blob(1000), blob(1000, 2)];
    await fill(cache, one, sourceOf(one.bytes));
    await until(() => events.some(({ kind }) => kind === "trouble"), "the failure");
    failing = undefined;
    await clock.advance(5000);
    await until(() => stored(s3).length === 1, "another attempt");
    failing = { status: 400, code: "InvalidRequest" };
    await fill(cache, two, sourceOf(two.bytes));
    await pass(clock, 5000, () => depotOf(cache).queued === 0);
    assert.deepEqual(stored(s3), [one.digest]);
  }, { clock });
});

Deno.test("depot, a cache that gets one puts there what it has", () =>
  withDepot(async (t) => {
    const blobs = [1, 2, 3].map((seed) => blob(1000, seed));
    for (const each of blobs) await fill(t.cache, each, sourceOf(each.bytes));
    assert.equal(t.cache.depot(), undefined);
    await withPlace(({ s3, place }) =>
      t.again(async () => {
        await until(() => stored(s3).length === 3, "the depot");
      }, { keep: true, depot: place })
    );
  }, { depot: undefined }));

Deno.test("depot, another bucket is another depot: nothing of the first is believed of it", () =>
  withDepot(async (t) => {
    const blobs = [1, 2].map((seed) => blob(1000, seed));
    await fillAll(t, blobs);
    await withPlace(({ s3, place }) =>
      t.again(async ({ cache }) => {
        await until(() => depotOf(cache).objects === 2, "the other depot");
        assert.equal(stored(s3).length, 2);
      }, { keep: true, depot: place })
    );
  }));

Deno.test("depot, keeps within its size, sparing pins and what was used just now", async () => {
  const clock = new FakeClock();
  const hour = 3600e3;
  await withDepot(async (t) => {
    const { cache, s3 } = t;
    const blobs = [1, 2, 3, 4].map((seed) => blob(100 * KiB, seed));
    cache.pin(blobs[0]!.digest);
    for (const [at, each] of blobs.entries()) {
      await fillAll(t, blobs.slice(0, at + 1));
      assert.equal(stored(s3).includes(each.digest), true);
      await clock.advance(hour);
    }
    cache.touch(blobs[1]!.digest);
    cache.configure({ depotLimits: { maxSize: 350 * KiB, maxAge: 0 } });
    await pass(clock, 10 * 60e3, () => depotOf(cache).bytes === 300 * KiB);
    const left = [blobs[0], blobs[1], blobs[3]].map((each) => each!.digest).sort();
    assert.deepEqual(stored(s3), left);
    assert.equal(depotOf(cache).bytes, 300 * KiB);
    assert.equal(cache.stat(blobs[2]!.digest)?.size, 100 * KiB, "the disk has limits of its own");
  }, { clock, verifyEvery: Infinity });
});

Deno.test("depot, of several Berths only the one whose turn it is keeps it within its limits", async () => {
  const clock = new FakeClock();
  let mine = false;
  await withDepot(async (t) => {
    const blobs = Array.from({ length: 4 }, (_, i) => blob(100 * KiB, i));
    await fillAll(t, blobs);
    await clock.skip(3600e3);
    t.cache.configure({ depotLimits: { maxSize: 250 * KiB, maxAge: 0 } });
    await clock.skip(30 * 60e3);
    assert.equal(stored(t.s3).length, 4, "another's turn");
    mine = true;
    await pass(clock, 10 * 60e3, () => stored(t.s3).length === 2);
  }, { clock, verifyEvery: Infinity, depotDuty: () => Promise.resolve(mine) });
});

Deno.test("depot, what nobody asks for is verified, too, one object after another", async () => {
  const clock = new FakeClock();
  let mine = false;
  await withDepot(async ({ s3, cache, events, ...t }) => {
    const [wrong, lost] = [blob(1000), blob(1000, 2)];
    await fillAll({ s3, cache, events, ...t }, [wrong]);
    s3.fault = (method, key) => method === "GET" && digestAt(key) ? { wrong: true } : undefined;
    s3.log.length = 0;
    const reads = () => s3.log.filter((line) => line.startsWith("GET") && line.includes("sha256"));
    await clock.skip(3600e3);
    assert.deepEqual([stored(s3).length, reads()], [1, []], "another's turn");
    mine = true;
    await pass(clock, 15 * 60e3, () => stored(s3).length === 0);
    const damage = events.find((event) => event.kind === "damaged");
    assert.deepEqual([damage?.digest, damage?.where], [wrong.digest, "depot"]);

    s3.fault = () => undefined;
    await fillAll({ s3, cache, events, ...t }, [lost]);
    await clock.advance(15 * 60e3);
    for (const key of s3.objects.keys()) if (digestAt(key) === lost.digest) s3.objects.delete(key);
    await pass(clock, 15 * 60e3, () => depotOf(cache).objects === 0);
    assert.equal(events.filter((event) => event.kind === "damaged").length, 1);
  }, { clock, verifyEvery: Infinity, depotDuty: () => Promise.resolve(mine) });
});

Deno.test("depot, forgets what nobody has used for as long as it may stay", async () => {
  const clock = new FakeClock();
  const day = 24 * 3600e3;
  await withDepot(async (t) => {
    const [old, young] = [blob(1000), blob(1000, 2)];
    await fillAll(t, [old]);
    await clock.advance(2 * 60e3);
    await clock.skip(80 * day);
    await fill(t.cache, young, sourceOf(young.bytes));
    await until(() => stored(t.s3).length === 2, "the depot");
    await clock.skip(11 * day);
    await pass(clock, 10 * 60e3, () => stored(t.s3).length === 1);
    assert.deepEqual(stored(t.s3), [young.digest]);
  }, { clock, verifyEvery: Infinity, maxAge: 0 });
});

Deno.test("depot, what goes from the disk by itself can still be had; what somebody evicts cannot", () =>
  withDepot(async (t) => {
    const { cache, s3 } = t;
    const [one, two] = [blob(100 * KiB), blob(100 * KiB, 2)];
    const key = { registry: "hub", repository: "org/app", tag: "1", accept: "" };
    await fillAll(t, [one, two]);
    cache.setTag(key, { digest: one.digest, mediaType: "a/b", size: 1, checkedAt: 0 });
    cache.configure({ maxSize: 1 });
    await until(() => !cache.stat(one.digest) && !cache.stat(two.digest), "eviction");
    cache.configure({ maxSize: 2 ** 30 });
    assert.equal(cache.holds(one.digest), true);
    assert.equal(cache.linked("hub/org/app", one.digest), true);
    assert.equal(cache.tag(key)?.digest, one.digest);
    assert.deepEqual(cache.look(one.digest, "hub/org/app").depot?.size, 100 * KiB);
    const upstream = sourceOf(one.bytes);
    assertBytes((await fill(cache, one, upstream)).bytes, one.bytes);
    assert.deepEqual(upstream.asked, []);
    await until(() => cache.fills().length === 0, "the fill");

    await cache.evict({ digest: one.digest });
    assert.equal(cache.holds(one.digest), false);
    assert.equal(cache.linked("hub/org/app", one.digest), false);
    await until(() => stored(s3).length === 1, "its removal");
    assert.deepEqual(stored(s3), [two.digest]);
  }));

Deno.test("depot, an image that is in the depot alone can be evicted, too", () =>
  withDepot(async (t) => {
    const { cache, s3 } = t;
    const layers = [1, 2].map((seed) => blob(1000, seed));
    const digestsOf = layers.map(({ digest }) => ({ digest, size: 1000, mediaType: "a/b" }));
    const text = JSON.stringify({ schemaVersion: 2, config: digestsOf[0], layers: [digestsOf[1]] });
    const bytes = new TextEncoder().encode(text);
    const manifest = { bytes, digest: digestOf(bytes) };
    await fillAll(t, [...layers, blob(1000, 3), manifest]);
    const row = { digest: manifest.digest, mediaType: "", size: bytes.length, checkedAt: 0 };
    cache.setTag({ registry: "hub", repository: "org/app", tag: "1", accept: "" }, row);
    cache.configure({ maxSize: 1 });
    await until(() => !cache.stat(manifest.digest) && !cache.stat(layers[0]!.digest), "eviction");
    cache.unlink("hub/org/app", blob(1000, 3).digest);
    await cache.evict({ repository: "hub/org/app" });
    await until(() => stored(s3).length === 1, "its removal");
    assert.deepEqual(stored(s3), [blob(1000, 3).digest]);
    assert.equal(cache.linked("hub/org/app", manifest.digest), false);
    assert.equal(depotOf(cache).objects, 1);
  }));

Deno.test("depot, one whose settings are wrong is refused at once, and the directory is free again", () =>
  withPlace(async ({ s3, place }) => {
    s3.objects.set("p/photo.jpg", { bytes: new Uint8Array(1), type: "", created: 0 });
    await withDir(async (dir) => {
      for (let attempt = 0; attempt < 2; attempt++) {
        await assert.rejects(
          withCacheIn(dir, { depot: place }, () => Promise.resolve()),
          /^DepotError: cache\.depot\.url: s3:\/\/bucket\/p\/ holds other things/,
        );
      }
    });
  }));

Deno.test("depot, one that is away at the start is used once it is there", async () => {
  const clock = new FakeClock();
  await withPlace(async ({ s3, place }) => {
    s3.fault = () => ({ status: 503 });
    await withDir((dir) =>
      withCacheIn(dir, { depot: place, clock }, async ({ cache }) => {
        assert.match(depotOf(cache).problem, /^cache\.depot\.endpoint: it answered 503/);
        const keptRows = () => cache.keptRows!.read(new AbortController().signal);
        assert.equal(await keptRows(), "away");
        const each = blob(1000);
        const upstream = sourceOf(each.bytes);
        assertBytes((await fill(cache, each, upstream)).bytes, each.bytes);
        s3.fault = () => undefined;
        await clock.advance(30e3);
        await until(() => stored(s3).length === 1, "the object");
        assert.equal(depotOf(cache).problem, "");
        assert.equal(await keptRows(), undefined);
      })
    );
  });
});

Deno.test("depot, many readers of one fill ask it once", () =>
  withDepot(async (t) => {
    const each = blob(3_000_000);
    await fillAll(t, [each]);
    await t.again(async ({ cache, s3 }) => {
      s3.log.length = 0;
      const upstream = sourceOf(each.bytes);
      const all = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const { body } = await cache.fill(each.digest, upstream.source, { prove: proven });
          return await bytesOf(body);
        }),
      );
      for (const bytes of all) assertBytes(bytes, each.bytes);
      assert.deepEqual(upstream.asked, []);
      const gets = s3.log.filter((line) => /^GET .*[0-9a-f]{64}$/.test(line));
      assert.equal(gets.length, 1);
    });
  }));
