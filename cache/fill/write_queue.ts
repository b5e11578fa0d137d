/** What a fill has received, on its way to the disk: bounded, in order, and told when that fails. */
import type { SharedBody } from "./shared_body.ts";
import type { BlobWriter } from "../blobs/store.ts";

/** Bytes that may wait for the disk before the one who brings them is made to wait. */
const WRITE_AHEAD = 2 ** 19;
/** The same where memory is scarce. */
const WRITE_AHEAD_LEAST = 2 ** 17;

interface WriteQueueOptions {
  /** True while more is in memory than should be. */
  crowded: () => boolean;
  /** Makes room for `bytes` more, if it can. */
  makeRoom: (bytes: number) => Promise<void>;
  /** The disk does not take it; what comes after this is dropped. */
  failed: (error: unknown) => void;
}

/**
 * Writes what a fill has received while more of it is being fetched. Small pieces that came in
 * during one write are one piece to the next.
 */
export class WriteQueue {
  readonly #writer: BlobWriter;
  readonly #shared: SharedBody;
  readonly #options: WriteQueueOptions;
  #writing: Promise<void> | undefined;
  #stuckAt: number | undefined;
  #failed = false;

  constructor(writer: BlobWriter, shared: SharedBody, options: WriteQueueOptions) {
    this.#writer = writer;
    this.#shared = shared;
    this.#options = options;
  }

  /** Sees to it that what has been received is written; resolves when more may be received. */
  async push(): Promise<void> {
    this.#start();
    while (this.#writing && this.#behind > this.#ahead) await this.#writing;
  }

  /** Resolves when everything received has been written, or given up. */
  async drained(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  get #ahead(): number {
    return this.#options.crowded() ? WRITE_AHEAD_LEAST : WRITE_AHEAD;
  }

  get #behind(): number {
    return this.#shared.received - this.#writer.size;
  }

  #start(): void {
    if (this.#writing || this.#failed || this.#behind === 0) return;
    this.#writing = this.#write().then(() => {
      this.#writing = undefined;
      this.#start();
    });
  }

  async #write(): Promise<void> {
    try {
      await this.#writer.write(this.#shared.unwritten(this.#writer.size));
    } catch (error) {
      await this.#refused(error);
    }
    this.#shared.written(this.#writer.size);
  }

  /** Once more for each time that room could be made; the bytes are still there. */
  async #refused(error: unknown): Promise<void> {
    const { size } = this.#writer;
    if (this.#stuckAt !== size) {
      this.#stuckAt = size;
      const rest = (this.#shared.total ?? this.#shared.received) - size;
      return await this.#options.makeRoom(rest).catch(() => {});
    }
    this.#failed = true;
    this.#options.failed(error);
  }
}
