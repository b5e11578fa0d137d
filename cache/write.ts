import type { BlobWriter } from "./store.ts";

/** Bytes that may wait for the disk before the one who brings them is made to wait. */
const WRITE_AHEAD = 4 * 2 ** 20;

export interface DiskQueueOptions {
  /** Makes room for `bytes` more, if it can. */
  makeRoom: (bytes: number) => Promise<void>;
  /** The blob holds `size` bytes by now. */
  written: (size: number) => void;
  /** The disk does not take it; what comes after this is dropped. */
  failed: (error: unknown) => void;
}

/** Writes piece after piece while the next ones are being fetched. */
export class DiskQueue {
  readonly #writer: BlobWriter;
  readonly #options: DiskQueueOptions;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failed = false;

  constructor(writer: BlobWriter, options: DiskQueueOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /** Queues `piece`, which must not change any more; resolves when there is room for another. */
  async push(piece: Uint8Array): Promise<void> {
    this.#waiting += piece.length;
    this.#tail = this.#tail.then(() => this.#write(piece));
    if (this.#waiting > WRITE_AHEAD) await this.#tail;
  }

  /** Resolves when everything pushed has been written, or given up. */
  drained(): Promise<void> {
    return this.#tail;
  }

  async #write(piece: Uint8Array): Promise<void> {
    this.#waiting -= piece.length;
    if (this.#failed) return;
    const end = this.#writer.size + piece.length;
    try {
      await this.#writer.write(piece).catch(async () => {
        await this.#options.makeRoom(piece.length + this.#waiting);
        await this.#writer.write(piece.subarray(piece.length - (end - this.#writer.size)));
      });
      this.#options.written(end);
    } catch (error) {
      this.#failed = true;
      this.#options.written(this.#writer.size);
      this.#options.failed(error);
    }
  }
}
