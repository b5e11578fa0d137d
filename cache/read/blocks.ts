/**
 * Pieces of files that are being read: each is read once for all who want it, ahead of them, and kept
 * for a while. Reading is what a large hit costs; sending what is in memory is nearly free.
 */
import { LRUCache } from "lru-cache";

/** Bytes of a block; the last one of a file is shorter. */
export const BLOCK = 2 ** 20;

/** Bytes of all blocks together. */
const MAX_BYTES = 32 * 2 ** 20;

export class Blocks {
  readonly #blocks = new LRUCache<string, Promise<Uint8Array>>({
    max: MAX_BYTES / BLOCK,
  });

  /** The block `index` of `digest`, by `read` where nobody has asked for it of late. */
  get(digest: string, index: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const key = `${digest} ${index}`;
    const found = this.#blocks.get(key);
    if (found) return found;
    const block = read();
    this.#blocks.set(key, block);
    block.catch(() => {
      if (this.#blocks.peek(key) === block) this.#blocks.delete(key);
    });
    return block;
  }

  /** Forgets everything, since some content turned out damaged. */
  clear(): void {
    this.#blocks.clear();
  }
}
