/** Blocks of one open file, read one after the other: a file has one position. */
import type { BlobFile } from "../blobs/store.ts";
import { readFully } from "../blobs/read_fully.ts";
import { ContentDamaged } from "../errors.ts";
import { BLOCK } from "./blocks.ts";

export class OrderedReads {
  readonly #digest: string;
  readonly #file: BlobFile;
  readonly #size: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(digest: string, file: BlobFile, size: number) {
    this.#digest = digest;
    this.#file = file;
    this.#size = size;
  }

  /** The block `index`. Throws ContentDamaged where the file ends before it. */
  block(index: number): Promise<Uint8Array> {
    const block = this.#last.then(() => this.#read(index * BLOCK));
    this.#last = block.catch(() => {});
    return block;
  }

  /** Closes the file behind the last read. */
  close(): void {
    void this.#last.then(() => this.#file.close());
  }

  async #read(at: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.min(BLOCK, this.#size - at));
    const count = await readFully(this.#file, bytes, at);
    if (count === bytes.length) return bytes;
    throw new ContentDamaged(this.#digest, `the file ends at byte ${at + count}`);
  }
}
