/** Lines on their way to a file or a pipe: gathered, written in one go, and never silently lost. */
import type { Clock } from "./clock.ts";

/** Milliseconds for which a line is gathered with others, at most, before it is written. */
export const GATHER_MS = 100;

/** Characters that are written at once: what a pipe of Linux holds. */
const BATCH = 64 * 1024;
/** Characters that may wait for a reader who is slower than those who write. */
const LIMIT = 4 * 2 ** 20;
const RETRY_MS = 1000;

export interface LineWriterOptions {
  /** Writes the beginning of `bytes` and says how much of it; rejects where nothing can be written. */
  write(bytes: Uint8Array): Promise<number>;
  clock: Pick<Clock, "after">;
  /** The line, with its end, that says how many lines were lost while writing failed, and why. */
  lostLine(count: number, error: unknown): string;
}

/**
 * Writes in the order in which lines are added, one write at a time. A reader that is slow makes
 * those wait who look at {@linkcode room}. Where writing fails, it is tried again each second: lines
 * are kept up to a limit, then counted, and the count is written as soon as anything can be.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  #text = "";
  /** Taken from the text, and not written yet. */
  #batch: Uint8Array = new Uint8Array();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  /** What the last write failed with. */
  #failure: { error: unknown } | undefined;
  #lost = 0;
  #lostBefore = 0;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** Adds a line, which brings its own end. */
  add(line: string): void {
    if (this.#failure && this.#text.length >= LIMIT) {
      this.#lost++;
      return;
    }
    this.#text += line;
    if (this.#writing || this.#failure) return;
    if (this.#text.length >= BATCH) this.#begin();
    else this.#cancel ??= this.#options.clock.after(GATHER_MS, () => this.#begin());
  }

  /**
   * Where so much waits that whoever adds lines should wait too: a promise for the moment when there
   * is room again. There always is while writing fails.
   */
  get room(): Promise<void> | undefined {
    if (this.#text.length < LIMIT || this.#failure) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Lines that were lost since the start because writing failed for too long. */
  get lost(): number {
    return this.#lostBefore + this.#lost;
  }

  /**
   * Writes what was added so far. The result is false where that failed; it is tried once, and again
   * each second as ever.
   */
  async flush(): Promise<boolean> {
    while (this.#batch.length > 0 || this.#text !== "") {
      await (this.#writing ?? this.#begin());
      if (this.#failure) return false;
    }
    return true;
  }

  /** As {@linkcode flush}, for `ms` at most. */
  async flushWithin(ms: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    await Promise.race([this.flush(), late]);
    cancel();
  }

  #begin(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    return this.#writing = this.#run();
  }

  async #run(): Promise<void> {
    do {
      if (this.#batch.length === 0) this.#batch = this.#take();
      try {
        await this.#writeBatch();
      } catch (error) {
        this.#fail(error);
        break;
      }
      this.#recover();
    } while (this.#text.length >= BATCH);
    this.#writing = undefined;
    const wait = this.#failure ? RETRY_MS : GATHER_MS;
    if (this.#failure || this.#text !== "") {
      this.#cancel = this.#options.clock.after(wait, () => this.#begin());
    }
  }

  async #writeBatch(): Promise<void> {
    while (this.#batch.length > 0) {
      const written = await this.#options.write(this.#batch);
      if (written === 0) throw new Error("nothing could be written");
      this.#batch = this.#batch.subarray(written);
    }
  }

  #take(): Uint8Array {
    const bytes = new TextEncoder().encode(this.#text);
    this.#text = "";
    this.#letIn();
    return bytes;
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#letIn();
  }

  #recover(): void {
    const { error } = this.#failure ?? {};
    this.#failure = undefined;
    if (this.#lost === 0) return;
    this.#text += this.#options.lostLine(this.#lost, error);
    this.#lostBefore += this.#lost;
    this.#lost = 0;
  }

  #letIn(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
