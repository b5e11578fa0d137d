import assert from "node:assert/strict";
import { RangeNotSatisfiable } from "../../cache/errors.ts";
import type { ByteRange } from "../../base/byte_range.ts";
import { FlakyStore } from "./flaky_store.ts";
import {
  assertBytes,
  type Blob,
  blob,
  drain,
  type Fault,
  scripted,
  until,
  withCache,
} from "./support.ts";

const KiB = 1024;
const PULLS = 1000;
const AT_ONCE = 20;

/** Numbers that look random; a failing run is repeated with its seed. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function randomFault(roll: (below: number) => number, size: number): Fault {
  const at = roll(size + 1);
  const piece = 1 + roll(100 * KiB);
  switch (roll(10)) {
    case 0:
      return { cut: at, piece };
    case 1:
      return { end: at, piece };
    case 2:
      return { wrong: true, piece };
    case 3:
      return { reject: new Error("503") };
    case 4:
      return { ignoreRange: true, piece };
    case 5:
      return { total: undefined, piece };
    case 6:
      return { total: at, piece };
    case 7:
      return { stall: at, piece };
    default:
      return { piece };
  }
}

function randomRange(roll: (below: number) => number, size: number): ByteRange | undefined {
  switch (roll(6)) {
    case 0:
      return { start: roll(size + 10) };
    case 1:
      return { start: roll(size), end: roll(size) };
    case 2:
      return { suffix: roll(size) };
    default:
      return undefined;
  }
}

interface Plan {
  range?: ByteRange | undefined;
  /** What the source does, one request after another. */
  faults: Fault[];
  /** Pieces after which the client goes away. */
  abortAfter?: number;
}

function randomPlan(roll: (below: number) => number, size: number): Plan {
  const range = randomRange(roll, size);
  const faults = Array.from({ length: 3 }, () => randomFault(roll, size));
  const abortAfter = roll(8) === 0 ? roll(3) : Infinity;
  return { range, faults: roll(3) === 0 ? faults : [{}], abortAfter };
}

/** What a run of any seed has to meet. */
const SURELY: Plan[] = [{ faults: [{ wrong: true }] }, { faults: [{}], abortAfter: 1 }];

Deno.test("a thousand pulls among faults, aborts and evictions, nobody is told wrong bytes", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const roll = dice(seed);
  const blobs = Array.from(
    { length: 40 },
    (_, n) => blob(1 + roll(n % 4 ? 60 * KiB : 700 * KiB), n + 1),
  );
  const outcome = { clean: 0, broken: 0, aborted: 0, refused: 0 };
  let store: FlakyStore;
  const options = {
    retries: 3,
    stallTimeout: 20,
    maxSize: 4 * 1024 * KiB,
    memory: 200 * KiB,
    openStore: async (dir: string, now: number) => store = await FlakyStore.open(dir, now),
  };
  await withCache(options, async ({ cache }) => {
    const pull = async ({ bytes, digest }: Blob, plan = randomPlan(roll, bytes.length)) => {
      const { range, faults, abortAfter = Infinity } = plan;
      const { source } = scripted(bytes, faults);
      try {
        const content = await cache.open(digest, range, { source }) ??
          await cache.fill(digest, source, { range, repository: "r/x" });
        const { offset, length, body } = content;
        if (abortAfter < Infinity && body instanceof ReadableStream) {
          const reader = body.getReader();
          for (let n = 0; n < abortAfter; n++) await reader.read();
          await reader.cancel();
          outcome.aborted++;
          return;
        }
        const got = await drain(body);
        if (got.error !== undefined) {
          outcome.broken++;
          return;
        }
        // A source may lie about the size; what it says then is not the blob's, nor is the range.
        assertBytes(
          got.bytes,
          bytes.subarray(offset, offset + (length ?? bytes.length)),
          `seed ${seed}`,
        );
        outcome.clean++;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        if (!(error instanceof RangeNotSatisfiable)) outcome.refused++;
      }
    };
    for (const [n, plan] of SURELY.entries()) await pull(blob(600 * KiB, 1000 + n), plan);
    for (let n = 0; n < PULLS; n += AT_ONCE) {
      store.room = roll(10) === 0 ? roll(1024 * KiB) : Infinity;
      await Promise.all(Array.from({ length: AT_ONCE }, () => pull(blobs[roll(blobs.length)]!)));
      if (roll(4) === 0) await cache.evict({ digest: blobs[roll(blobs.length)]!.digest });
    }
    await until(() => cache.fills().length === 0, "all fills to end");
    const { damaged } = await cache.verify();
    assert.deepEqual(damaged, [], `seed ${seed}`);
  });
  assert.ok(outcome.clean > PULLS / 2, JSON.stringify(outcome));
  assert.ok(outcome.broken > 0 && outcome.aborted > 0, JSON.stringify(outcome));
});
