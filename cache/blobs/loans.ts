/** Blocks whose bytes a consumer was handed and may still hold. */
import type { Block, Blocks } from "./blocks.ts";

/** Pieces up to this size are copied: a block is not to be kept for the sake of so little. */
const LITTLE = 2 ** 16;
/** Blocks whose return is waited for; a consumer who never says so has no more of them counted. */
const LENT_MOST = 8;

export class Loans {
  readonly #blocks: Blocks;
  /** Where in the consumer's body each of them ends. */
  readonly #lent: { block: Block; end: number }[] = [];

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** What to hand out for `bytes`, a part of the borrowed `block`, up to byte `end` of the body. */
  hand(block: Block, bytes: Uint8Array, end: number): Uint8Array {
    const last = this.#lent.at(-1);
    if (last?.block === block) {
      last.end = end;
      this.#blocks.giveBack(block);
      return bytes;
    }
    if (bytes.length <= LITTLE) {
      const copy = bytes.slice();
      this.#blocks.giveBack(block);
      return copy;
    }
    this.#lent.push({ block, end });
    if (this.#lent.length > LENT_MOST) this.#blocks.writeOff(this.#lent.shift()!.block);
    return bytes;
  }

  /** The first `bytes` of the body are in nobody's hands any more. */
  used(bytes: number): void {
    while (this.#lent[0] && this.#lent[0].end <= bytes) {
      this.#blocks.giveBack(this.#lent.shift()!.block);
    }
  }

  /** No more is handed out. What is in the consumer's hands by now may stay there for ever. */
  end(): void {
    for (const { block } of this.#lent.splice(0)) this.#blocks.writeOff(block);
  }
}
