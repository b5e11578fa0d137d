/**
 * Content on its way: one producer appends, any number of readers follow, each at its own pace.
 * The newest bytes are kept in memory and handed to the readers without copying; who is further
 * behind reads the file, which is the only buffer that grows. Nobody waits for a reader.
 */
import { Readback } from "./readback.ts";
import type { BlobFile } from "../blobs/store.ts";

/**
 * Bytes at the end of what a reader asked for that it does not get before the whole content has
 * been verified: what turns out wrong ends as a short read, never as a clean end.
 */
export const HELD_BACK = 64 * 1024;

const BLOCK = 256 * 1024;
/** Appended pieces from this size on are kept as they are, smaller ones are gathered. */
const OWN_BLOCK = 128 * 1024;

/**
 * Milliseconds of rest between two calls to the readers, so many more for each of them, and at
 * most: waking fifty for every packet that comes in would leave no time for anything else.
 */
const REST = 1.5;
const REST_EACH = 0.4;
const REST_MOST = 20;

interface Block {
  offset: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes in use; what is there already never changes, so that readers may hold it. */
  length: number;
}

/** Where a shared body is: under way, complete and right, over for everyone, or up to each reader. */
export type SharedBodyState =
  | { kind: "running" }
  | { kind: "verified"; size: number }
  | { kind: "failed"; error: unknown }
  | { kind: "detached" };

export interface SharedBodyOptions {
  /** Bytes of the whole content, where known. */
  total: number | undefined;
  /** Opens the file that the bytes are in. */
  open: () => Promise<BlobFile>;
  /** Bytes to keep in memory. */
  window: number;
  /** Called when the last reader has gone. */
  onIdle?: () => void;
}

export class SharedBody {
  readonly total: number | undefined;
  readonly #readback: Readback;
  readonly #window: number;
  readonly #onIdle: () => void;
  #blocks: Block[] = [];
  #windowBytes = 0;
  #received = 0;
  #onFile = 0;
  #state: SharedBodyState = { kind: "running" };
  #change = Promise.withResolvers<void>();
  #waiting = false;
  #wokenAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #readers = 0;

  constructor({ total, open, window, onIdle }: SharedBodyOptions) {
    this.total = total;
    this.#readback = new Readback(open);
    this.#window = window;
    this.#onIdle = onIdle ?? (() => {});
  }

  get state(): SharedBodyState {
    return this.#state;
  }

  get received(): number {
    return this.#received;
  }

  get readers(): number {
    return this.#readers;
  }

  /** Begins with `size` bytes that are in the file already. Before anything is appended. */
  startAt(size: number): void {
    this.#received = this.#onFile = size;
    this.#wake();
  }

  /** Takes over `bytes`, which must not change any more. */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length >= OWN_BLOCK) this.#push(bytes, bytes.length);
    else this.#gather(bytes);
    this.#received += bytes.length;
    this.#trim();
    this.#wakeSoon();
  }

  /** Says that the file holds `size` bytes by now. */
  written(size: number): void {
    this.#onFile = size;
    this.#trim();
  }

  /** All bytes are here, and they are what the digest promises. */
  verify(): void {
    this.#settle({ kind: "verified", size: this.#received });
  }

  /** Every reader gets `error` instead of its end. */
  fail(error: unknown): void {
    this.#settle({ kind: "failed", error });
  }

  /** What was received can be read, but nothing more comes: each reader continues by itself. */
  detach(): void {
    this.#settle({ kind: "detached" });
  }

  /** Bytes from `from` on, up to `limit` at most, all of which have been received. */
  async read(from: number, limit: number): Promise<Uint8Array> {
    return this.view(from, limit) ??
      await this.#readback.read(from, Math.min(limit, this.#onFile), this.#onFile);
  }

  /** Everything from `from` up to `limit` in one piece; little of it, for it is copied. */
  async readAll(from: number, limit: number): Promise<Uint8Array> {
    const all = new Uint8Array(Math.max(0, limit - from));
    for (let done = 0; done < all.length;) {
      const bytes = await this.read(from + done, limit);
      all.set(bytes, done);
      done += bytes.length;
    }
    return all;
  }

  /**
   * Bytes from `from` on as they lie in memory, up to `limit` at most. `undefined` where they are no
   * longer there; what the file does not hold yet always is.
   */
  view(from: number, limit = Infinity): Uint8Array | undefined {
    for (let at = this.#blocks.length - 1; at >= 0; at--) {
      const { offset, bytes, length } = this.#blocks[at]!;
      if (from < offset || from >= offset + length) continue;
      return bytes.subarray(from - offset, Math.min(limit - offset, length));
    }
  }

  /** Everything in one piece, where all of it is still in memory. */
  whole(): Uint8Array | undefined {
    if (this.#received > 0 && this.#blocks[0]?.offset !== 0) return undefined;
    const all = new Uint8Array(this.#received);
    for (const { offset, bytes, length } of this.#blocks) {
      all.set(bytes.subarray(0, length), offset);
    }
    return all;
  }

  /** Resolves at the next change of any kind. */
  changed(): Promise<void> {
    this.#waiting = true;
    return this.#change.promise;
  }

  join(): void {
    this.#readers++;
  }

  leave(): void {
    this.#readers--;
    if (this.#readers > 0) return;
    this.#readback.close();
    this.#onIdle();
  }

  #gather(bytes: Uint8Array<ArrayBuffer>): void {
    const tail = this.#blocks.at(-1);
    if (tail && tail.bytes.length - tail.length >= bytes.length) {
      tail.bytes.set(bytes, tail.length);
      tail.length += bytes.length;
      return;
    }
    const rest = this.total === undefined ? BLOCK : this.total - this.#received;
    const block = new Uint8Array(Math.max(bytes.length, Math.min(BLOCK, rest)));
    block.set(bytes);
    this.#push(block, bytes.length);
  }

  #push(bytes: Uint8Array<ArrayBuffer>, length: number): void {
    this.#blocks.push({ offset: this.#received, bytes, length });
    this.#windowBytes += bytes.length;
  }

  /** Drops the oldest blocks that are too many; never what the file does not hold yet. */
  #trim(): void {
    let drop = 0;
    for (const { offset, bytes, length } of this.#blocks) {
      if (this.#windowBytes <= this.#window || offset + length > this.#onFile) break;
      this.#windowBytes -= bytes.length;
      drop++;
    }
    if (drop > 0) this.#blocks.splice(0, drop);
  }

  #settle(state: SharedBodyState): void {
    if (this.#state.kind !== "running") return;
    this.#state = state;
    this.#wake();
  }

  /** Wakes the readers at once where they had their rest, else when they have. */
  #wakeSoon(): void {
    if (!this.#waiting || this.#timer !== undefined) return;
    const rest = Math.min(REST_MOST, REST + this.#readers * REST_EACH);
    const wait = this.#wokenAt + rest - performance.now();
    if (wait <= 0) return this.#wake();
    this.#timer = setTimeout(() => this.#wake(), wait);
  }

  #wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#wokenAt = performance.now();
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}

/** How a reader continues by itself: the stream begins at byte `from`. `error`: why it has to. */
export type Continuation = (from: number, error: unknown) => Promise<ReadableStream<Uint8Array>>;
