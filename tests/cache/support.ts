/** What the tests of the cache share: a directory and scripted sources. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openCache } from "../../cache/cache.ts";
import type { Cache } from "../../cache/api.ts";
import type { CacheEvent } from "../../cache/events.ts";
import type { CacheOptions } from "../../cache/options.ts";
import { digestOf } from "../../cache/hash.ts";
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
  await withDir((dir) => withCacheIn(dir, options, test));
}

/** Runs `test` with an empty directory, which is gone afterwards. */
export async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "berth-cache-" });
  try {
    await test(dir);
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

/** What a scripted source does when it is asked; by default it serves everything asked for. */
export interface Fault {
  /** Throws instead of answering. */
  reject?: Error;
  /** Breaks off after this many bytes. */
  cut?: number;
  /** Ends cleanly after this many bytes. */
  end?: number;
  /** Falls silent after this many bytes. */
  stall?: number;
  /** Serves from the beginning whatever was asked for. */
  ignoreRange?: boolean;
  /** Begins here instead. */
  offset?: number;
  /** States another size, or none. */
  total?: number | undefined;
  /** Serves other bytes of the same length. */
  wrong?: boolean;
  piece?: number;
}

/** A source whose n-th answer follows the n-th entry of `script`, the last one for all later ones. */
export function scripted(bytes: Uint8Array<ArrayBuffer>, script: Fault[]): ScriptedSource {
  const asked: number[] = [];
  const source: Source = (from) => {
    const fault = script[Math.min(asked.length, script.length - 1)] ?? {};
    asked.push(from);
    if (fault.reject) return Promise.reject(fault.reject);
    const offset = fault.offset ?? (fault.ignoreRange ? 0 : from);
    const served = fault.wrong ? bytes.map((byte) => byte ^ 1) : bytes;
    const length = fault.cut ?? fault.end ?? fault.stall ?? Infinity;
    const part = served.subarray(offset, Math.min(offset + length, bytes.length));
    const body = fault.stall === undefined
      ? pieces(part, fault.piece, fault.cut === undefined ? undefined : new Error("cut"))
      : silentAfter(part, fault.piece);
    return Promise.resolve({ offset, total: "total" in fault ? fault.total : bytes.length, body });
  };
  return { source, asked };
}

/** `source` with its bodies as byte streams, as `fetch` has them. */
export function inByteStreams(source: Source): Source {
  return async (from, signal) => {
    const answer = await source(from, signal);
    const reader = answer.body.getReader();
    const body = new ReadableStream({
      type: "bytes",
      async pull(controller) {
        const { value } = await reader.read();
        if (value) return controller.enqueue(new Uint8Array(value));
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return { ...answer, body };
  };
}

function silentAfter(bytes: Uint8Array<ArrayBuffer>, piece?: number): ReadableStream<Uint8Array> {
  const reader = pieces(bytes, piece).getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await reader.read();
      if (value) controller.enqueue(value);
      else await new Promise(() => {});
    },
  }, { highWaterMark: 0 });
}

/** Reads until the end or an error; says which, and what came before it. */
export async function drain(
  body: ReadableStream<Uint8Array> | Uint8Array,
): Promise<{ bytes: Uint8Array; error?: unknown }> {
  if (body instanceof Uint8Array) return { bytes: body };
  const parts: Uint8Array[] = [];
  let failure: { error: unknown } | undefined;
  try {
    for await (const part of body) parts.push(part);
  } catch (error) {
    failure = { error };
  }
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, ...failure };
}

/** Fails when the bytes differ, naming the first difference: a full diff of megabytes takes minutes. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array, message = "bytes"): void {
  assert.equal(actual.length, expected.length, `${message}: length`);
  if (Buffer.compare(actual, expected) === 0) return;
  assert.fail(`${message}: differ at ${actual.findIndex((byte, at) => byte !== expected[at])}`);
}
