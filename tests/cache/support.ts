/** What the tests of the cache share: a directory, scripted sources, time that stands still. */
import { type Cache, type CacheEvent, type CacheOptions, openCache } from "../../cache/cache.ts";
import type { Clock } from "../../cache/clock.ts";
import { digestOf } from "../../cache/digest.ts";
import type { Source, SourceAnswer } from "../../cache/types.ts";

/** Bytes that look random and are the same each time. */
export function noise(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed * 2654435761 >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

export interface Blob {
  bytes: Uint8Array<ArrayBuffer>;
  digest: string;
}

export function blob(size: number, seed = 1): Blob {
  const bytes = noise(size, seed);
  return { bytes, digest: digestOf(bytes) };
}

/** A clock that moves only when told; `advance` runs what falls due, in order. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { at: number; resolve: () => void }[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = { at: this.#now + ms, resolve };
    this.#timers.push(timer);
    signal?.addEventListener("abort", () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
      reject(signal.reason);
    }, { once: true });
    return promise;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.resolve();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything run that can run without time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when `condition` holds; polls the event loop, with a bound in real time. */
export async function until(condition: () => boolean, what = "the condition"): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export interface Setup {
  cache: Cache;
  dir: string;
  events: CacheEvent[];
}

/** Runs `test` with a cache in a directory of its own; both are gone afterwards. */
export async function withCache(
  options: Partial<CacheOptions>,
  test: (setup: Setup) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "berth-cache-" });
  try {
    await withCacheIn(dir, options, test);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** As {@linkcode withCache}, in a directory that stays. */
export async function withCacheIn(
  dir: string,
  options: Partial<CacheOptions>,
  test: (setup: Setup) => Promise<void>,
): Promise<void> {
  const cache = await openCache({ dir, minFree: 0, backoff: () => 0, scrubRate: 0, ...options });
  const events: CacheEvent[] = [];
  cache.onEvent((event) => events.push(event));
  try {
    await test({ cache, dir, events });
  } finally {
    await cache.close();
  }
}

export interface ScriptedSource {
  source: Source;
  /** What was asked for, in order. */
  asked: number[];
}

/** A source that serves `bytes` in pieces of `piece` bytes, from wherever it is asked. */
export function sourceOf(bytes: Uint8Array<ArrayBuffer>, piece = 64 * 1024): ScriptedSource {
  const asked: number[] = [];
  const source: Source = (from) => {
    asked.push(from);
    return Promise.resolve(answer(bytes, from, piece));
  };
  return { source, asked };
}

export function answer(
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  piece = 64 * 1024,
): SourceAnswer {
  return { offset, total: bytes.length, body: pieces(bytes.subarray(offset), piece) };
}

/** `bytes` as a stream; `ending` is thrown at its end. */
export function pieces(
  bytes: Uint8Array<ArrayBuffer>,
  piece = 64 * 1024,
  ending?: Error,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) {
        controller.enqueue(bytes.subarray(at, at += piece));
      } else if (ending) controller.error(ending);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Everything in `body`. */
export async function bytesOf(body: ReadableStream<Uint8Array> | Uint8Array): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}
