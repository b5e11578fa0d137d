/** Reads of one open file, one after the other: a file has one position. */
import type { BlobFile } from "../blobs/store.ts";
import { readFully } from "../blobs/read_fully.ts";
import { ContentDamaged } from "../errors.ts";

export class OrderedReads {
  readonly #digest: string;
  readonly #file: BlobFile;
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;

  constructor(digest: string, file: BlobFile) {
    this.#digest = digest;
    this.#file = file;
  }

  /** True while no read is under way. */
  get idle(): boolean {
    return this.#running === 0;
  }

  /** Fills `into` with the bytes from `at` on. Throws ContentDamaged where the file ends before. */
  read(into: Uint8Array, at: number): Promise<void> {
    this.#running++;
    const read = this.#last.then(() => this.#read(into, at)).finally(() => this.#running--);
    this.#last = read.catch(() => {});
    return read;
  }

  /** Closes the file behind the last read. */
  close(): void {
    if (this.idle) this.#file.close();
    else void this.#last.then(() => this.#file.close());
  }

  async #read(into: Uint8Array, at: number): Promise<void> {
    const count = await readFully(this.#file, into, at);
    if (count === into.length) return;
    throw new ContentDamaged(this.#digest, `the file ends at byte ${at + count}`);
  }
}
