/** One reader's way through a file, block by block. */
import type { BlobFile } from "../blobs/store.ts";
import type { Span } from "../range.ts";
import { BLOCK, type Block, type Blocks } from "../blobs/blocks.ts";
import { Loans } from "../blobs/loans.ts";
import { OrderedReads } from "./ordered_reads.ts";
import type { PromptReads } from "./prompt_reads.ts";

/** Blocks that are read before they are asked for, where that is done elsewhere meanwhile. */
const AHEAD = 2;

interface PassageOptions {
  digest: string;
  file: BlobFile;
  span: Span;
  blocks: Blocks;
  prompt: PromptReads;
  /** True where the system has the file in memory, in all likelihood. */
  warm: boolean;
  /** Called once, when nothing more is read. */
  left: () => void;
}

export class Passage {
  readonly #options: PassageOptions;
  readonly #reads: OrderedReads;
  readonly #ahead = new Map<number, Promise<Block>>();
  readonly #loans: Loans;
  #at: number;
  #over = false;

  constructor(options: PassageOptions) {
    this.#options = options;
    this.#loans = new Loans(options.blocks);
    this.#at = options.span.start;
    this.#reads = new OrderedReads(options.digest, options.file);
  }

  /** The bytes of the span, no faster than they are asked for. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.leave(),
    }, { highWaterMark: 0 });
  }

  /** The first `bytes` of the body are in nobody's hands any more. */
  used(bytes: number): void {
    this.#loans.used(bytes);
  }

  /** Ends it. What is in the consumer's hands by now may stay there for ever. */
  leave(): void {
    if (this.#over) return;
    this.#over = true;
    const { blocks, left } = this.#options;
    this.#loans.end();
    for (const block of this.#ahead.values()) {
      block.then((read) => blocks.giveBack(read), () => {});
    }
    this.#reads.close();
    left();
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | void {
    const index = Math.floor(this.#at / BLOCK);
    const failed = (error: unknown) => {
      this.leave();
      controller.error(error);
    };
    try {
      const block = this.#next(index);
      if (!(block instanceof Promise)) return this.#give(controller, index, block);
      return block.then((read) => this.#give(controller, index, read)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #next(index: number): Block | Promise<Block> {
    const { prompt, warm } = this.#options;
    const begun = this.#ahead.get(index);
    this.#ahead.delete(index);
    const now = warm && prompt.allowed;
    if (!now) this.#readAhead(index);
    const block = begun ?? this.#borrow(index, now);
    if (!(block instanceof Promise)) return block;
    // Another reader's file may have been closed meanwhile: this one's has not.
    return block.catch(() => this.#borrow(index, false));
  }

  #readAhead(index: number): void {
    const last = Math.floor((this.#options.span.end - 1) / BLOCK);
    for (let next = index + 1; next <= Math.min(index + AHEAD, last); next++) {
      if (this.#ahead.has(next)) continue;
      const block = Promise.resolve(this.#borrow(next, false));
      block.catch(() => {});
      this.#ahead.set(next, block);
    }
  }

  /** @param now Whether it may be read at once, where it is not here. */
  #borrow(index: number, now: boolean): Block | Promise<Block> {
    const { blocks, digest, file, prompt } = this.#options;
    const at = index * BLOCK;
    return blocks.borrow(digest, index, Math.min(BLOCK, file.size - at), (into) => {
      if (now && this.#reads.idle) prompt.read(digest, file, into, at);
      else return this.#reads.read(into, at);
    });
  }

  /** Hands out the part of `block` that was asked for, unless nobody waits for it any more. */
  #give(
    controller: ReadableStreamDefaultController<Uint8Array>,
    index: number,
    block: Block,
  ): void {
    const { blocks, span } = this.#options;
    if (this.#over) return blocks.giveBack(block);
    const from = index * BLOCK;
    const bytes = block.bytes.subarray(this.#at - from, span.end - from);
    this.#at += bytes.length;
    controller.enqueue(this.#loans.hand(block, bytes, this.#at - span.start));
    if (this.#at < span.end) return;
    this.leave();
    controller.close();
  }
}
