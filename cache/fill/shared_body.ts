/**
 * Content on its way: one producer appends, any number of readers follow, each at its own pace. What
 * the file does not hold yet is in memory, and handed to the readers without copying; what it does
 * stays there as long as there is room, and is read back where there was not. Nobody waits for a
 * reader.
 */
import { Readback } from "./readback.ts";
import { BLOCK, type Block, type Blocks } from "../blobs/blocks.ts";
import { Loans } from "../blobs/loans.ts";
import type { BlobFile } from "../blobs/store.ts";

/**
 * Bytes at the end of what a reader asked for that it does not get before the whole content has
 * been verified: what turns out wrong ends as a short read, never as a clean end.
 */
export const HELD_BACK = 64 * 1024;

/**
 * Milliseconds of rest between two calls to the readers, so many more for each of them, and at
 * most: waking fifty for every packet that comes in would leave no time for anything else.
 */
const REST = 1.5;
const REST_EACH = 0.4;
const REST_MOST = 20;

/** Content that comes in is called by a number in memory: it is not known yet to be what it should. */
let named = 0;

/** A part of a block, which is lent until it is given back. */
export interface Lent {
  block: Block;
  bytes: Uint8Array;
}

/** Where a shared body is: under way, complete and right, over for everyone, or up to each reader. */
type SharedBodyState =
  | { kind: "running" }
  | { kind: "verified"; size: number }
  | { kind: "failed"; error: unknown }
  | { kind: "detached" };

interface SharedBodyOptions {
  /** Bytes of the whole content, where known. */
  total: number | undefined;
  /** Opens the file that the bytes are in. */
  open: () => Promise<BlobFile>;
  blocks: Blocks;
  /** Called when the last reader has gone. */
  onIdle?: () => void;
}

export class SharedBody {
  readonly total: number | undefined;
  readonly #readback: Readback;
  readonly #blocks: Blocks;
  readonly #name = `on its way ${++named}`;
  readonly #onIdle: () => void;
  /** Blocks that the file does not hold, or that are not full: in a row up to the last one. */
  readonly #pinned: Block[] = [];
  /** The place of the first of them among all blocks. */
  #firstPinned = 0;
  #received = 0;
  #onFile = 0;
  #state: SharedBodyState = { kind: "running" };
  #change = Promise.withResolvers<void>();
  #waiting = false;
  #wokenAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #readers = 0;

  constructor({ total, open, blocks, onIdle }: SharedBodyOptions) {
    this.total = total;
    this.#readback = new Readback(open);
    this.#blocks = blocks;
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
  async startAt(size: number): Promise<void> {
    this.#firstPinned = Math.floor(size / BLOCK);
    const begun = size % BLOCK;
    if (begun > 0) {
      const loaded = this.#readback.load(this.#pinNext().subarray(0, begun), size - begun);
      await loaded.catch((error) => {
        this.release();
        throw error;
      }).finally(() => this.#readback.close());
    }
    this.#received = this.#onFile = size;
    this.#wake();
  }

  /** Takes in a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const room = this.#room();
      const part = bytes.subarray(done, done + room.length);
      room.set(part);
      done += part.length;
      this.#received += part.length;
    }
    this.#wakeSoon();
  }

  /** Says that the file holds `size` bytes by now. */
  written(size: number): void {
    this.#onFile = size;
    this.#unpin();
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
  lend(from: number, limit: number): Lent | Promise<Lent> {
    const index = Math.floor(from / BLOCK);
    const start = index * BLOCK;
    const length = Math.min(BLOCK, this.#received - start);
    const cut = (block: Block) => ({
      block,
      bytes: block.bytes.subarray(from - start, Math.min(length, limit - start)),
    });
    // What is no longer in memory is in the file.
    const load = (into: Uint8Array) => this.#readback.load(into, start);
    const block = this.#blocks.borrow(this.#name, index, length, load);
    return block instanceof Promise ? block.then(cut) : cut(block);
  }

  /** A stream's `used` and its end tell of what it lent; see {@linkcode Loans}. */
  loans(): Loans {
    return new Loans(this.#blocks);
  }

  /** Everything from `from` up to `limit` in one piece; little of it, for it is copied. */
  async readAll(from: number, limit: number): Promise<Uint8Array> {
    const all = new Uint8Array(Math.max(0, limit - from));
    for (let done = 0; done < all.length;) {
      const { block, bytes } = await this.lend(from + done, limit);
      all.set(bytes, done);
      done += bytes.length;
      this.#blocks.giveBack(block);
    }
    return all;
  }

  /** What the file does not hold yet, from `from` on, as it lies in memory: a part of it at least. */
  unwritten(from: number): Uint8Array {
    const index = Math.floor(from / BLOCK);
    const { bytes } = this.#pinned[index - this.#firstPinned]!;
    return bytes.subarray(from - index * BLOCK, this.#received - index * BLOCK);
  }

  /** Everything in one piece, where all of it is still in memory. */
  whole(): Uint8Array | undefined {
    const all = new Uint8Array(this.#received);
    for (let at = 0; at < all.length; at += BLOCK) {
      const bytes = this.#blocks.peek(this.#name, at / BLOCK)?.bytes;
      if (!bytes) return undefined;
      all.set(bytes.subarray(0, all.length - at), at);
    }
    return all;
  }

  /** Lets go of what is in memory. Once nothing more comes, nobody reads, and the file has what it gets. */
  release(): void {
    for (const block of this.#pinned.splice(0)) this.#blocks.giveBack(block);
    this.#blocks.delete(this.#name);
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

  /** Where the next bytes go. */
  #room(): Uint8Array {
    const index = Math.floor(this.#received / BLOCK);
    const last = this.#pinned[index - this.#firstPinned]?.bytes ?? this.#pinNext();
    return last.subarray(this.#received - index * BLOCK);
  }

  #pinNext(): Uint8Array {
    const index = this.#firstPinned + this.#pinned.length;
    const rest = this.total === undefined ? BLOCK : this.total - index * BLOCK;
    const block = this.#blocks.begin(this.#name, index, Math.min(BLOCK, rest));
    this.#pinned.push(block);
    return block.bytes;
  }

  /** Leaves to others the memory of what is in the file, but for a block that is not full. */
  #unpin(): void {
    while (this.#pinned[0] && (this.#firstPinned + 1) * BLOCK <= this.#onFile) {
      this.#blocks.giveBack(this.#pinned.shift()!);
      this.#firstPinned++;
    }
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
