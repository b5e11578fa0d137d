/** Small content in memory, so that a manifest is served without opening a file. */
import { LRUCache } from "lru-cache";

/** Larger content is not kept in memory. */
export const MEMORY_ENTRY_LIMIT = 2 ** 20;

interface Entry {
  bytes: Uint8Array;
  mediaType: string;
}

/** Small content in memory, the least recently used of it dropped beyond a number of bytes. */
export class Memory {
  #entries: LRUCache<string, Entry>;

  constructor(maxBytes: number) {
    this.#entries = create(maxBytes);
  }

  get(digest: string): Entry | undefined {
    return this.#entries.get(digest);
  }

  /** `bytes` must not change any more. */
  set(digest: string, bytes: Uint8Array, mediaType: string): void {
    if (bytes.length <= MEMORY_ENTRY_LIMIT) this.#entries.set(digest, { bytes, mediaType });
  }

  delete(digest: string): void {
    this.#entries.delete(digest);
  }

  /** Bytes held. */
  get size(): number {
    return this.#entries.calculatedSize;
  }

  /** Changes the limit, keeping what fits. */
  resize(maxBytes: number): void {
    const entries = this.#entries.dump();
    this.#entries = create(maxBytes);
    this.#entries.load(entries);
  }
}

function create(maxBytes: number): LRUCache<string, Entry> {
  return new LRUCache({
    maxSize: Math.max(1, maxBytes),
    // An entry costs more than its bytes, and an empty one is not free either.
    sizeCalculation: ({ bytes }) => bytes.length + 256,
  });
}
