/** What readers need of a fill and memory no longer holds, read back from its file. */
import { readFully } from "../blobs/read_fully.ts";
import type { BlobFile } from "../blobs/store.ts";

const BLOCK = 256 * 1024;
const BLOCKS = 16;

/**
 * Reads a file for many readers at once. Those who are at about the same place get the same bytes:
 * a buffer for each would cost more memory and time than the reading itself.
 */
export class Readback {
  readonly #open: () => Promise<BlobFile>;
  readonly #blocks = new Map<number, { length: number; bytes: Promise<Uint8Array> }>();
  #file: Promise<BlobFile> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: () => Promise<BlobFile>) {
    this.#open = open;
  }

  /** Bytes from `from` on, up to `limit` at most, where the file holds `size` bytes by now. */
  async read(from: number, limit: number, size: number): Promise<Uint8Array> {
    const start = from - from % BLOCK;
    const length = Math.min(BLOCK, size - start);
    let block = this.#blocks.get(start);
    if (!block || block.length <= from - start) {
      block = { length, bytes: this.#load(start, length) };
      this.#remember(start, block);
    }
    const bytes = await block.bytes;
    return bytes.subarray(from - start, Math.min(limit - start, bytes.length));
  }

  /** Closes the file; the next read opens it again. */
  close(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#blocks.clear();
    if (file) void this.#turn.then(() => file).then((open) => open.close(), () => {});
  }

  #remember(start: number, block: { length: number; bytes: Promise<Uint8Array> }): void {
    this.#blocks.delete(start);
    this.#blocks.set(start, block);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > BLOCKS) this.#blocks.delete(oldest!);
    block.bytes.catch(() => this.#blocks.delete(start));
  }

  /** One after the other: the file has one position. */
  #load(start: number, length: number): Promise<Uint8Array> {
    this.#file ??= this.#open();
    const file = this.#file;
    const loaded = this.#turn.then(async () => await readSpan(await file, start, length));
    this.#turn = loaded.catch(() => {});
    return loaded;
  }
}

async function readSpan(file: BlobFile, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const count = await readFully(file, bytes, start);
  if (count < length) throw new Error(`the file ends at byte ${start + count}, too early`);
  return bytes;
}
