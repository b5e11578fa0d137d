/** One reader of content on its way, at its own pace. */
import type { Loans } from "../blobs/loans.ts";
import { type Continuation, HELD_BACK, type Lent, type SharedBody } from "./shared_body.ts";

interface FollowerOptions {
  /** First byte to read. */
  start: number;
  /** Byte to stop before; `undefined` for the end of content whose size nobody has said. */
  end: number | undefined;
  /**
   * Whether what lies before the end of the content may be read before all of it has been verified:
   * a range that does not touch the end ends cleanly then. Otherwise the end of each range waits.
   */
  early?: boolean | undefined;
  /** How to continue when the shared body is detached. */
  detached?: Continuation | undefined;
  /** How to continue when the shared body fails; without it the reader gets the error. */
  failed?: Continuation | undefined;
}

/** A stream of the shared body's bytes from `start` to `end`, read as fast as its consumer asks for them. */
export function follow(
  shared: SharedBody,
  options: FollowerOptions,
): { body: ReadableStream<Uint8Array>; used: (bytes: number) => void } {
  const follower = new Follower(shared, options);
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => follower.pull(controller),
    cancel: (reason) => follower.cancel(reason),
  }, { highWaterMark: 0 });
  return { body, used: (bytes) => follower.used(bytes) };
}

class Follower {
  readonly #shared: SharedBody;
  readonly #options: FollowerOptions;
  readonly #loans: Loans;
  #position: number;
  #rest: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #over = false;

  constructor(shared: SharedBody, options: FollowerOptions) {
    this.#shared = shared;
    this.#options = options;
    this.#loans = shared.loans();
    this.#position = options.start;
    shared.join();
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const next = await this.#next();
      if (next) this.#give(controller, next);
      if (this.#over) return;
      if (!next || this.#atEnd()) {
        this.#leave();
        controller.close();
      }
    } catch (error) {
      this.#leave();
      controller.error(error);
    }
  }

  /** The first `bytes` of the stream are in nobody's hands any more. */
  used(bytes: number): void {
    this.#loans.used(bytes);
  }

  cancel(reason: unknown): Promise<void> | undefined {
    this.#leave();
    return this.#rest?.cancel(reason);
  }

  #give(
    controller: ReadableStreamDefaultController<Uint8Array>,
    { block, bytes }: Partial<Lent> & Pick<Lent, "bytes">,
  ): void {
    this.#position += bytes.length;
    const given = block
      ? this.#loans.hand(block, bytes, this.#position - this.#options.start)
      : bytes;
    if (this.#over) this.#loans.end();
    else controller.enqueue(given);
  }

  #atEnd(): boolean {
    const { state } = this.#shared;
    const { end } = this.#options;
    if (state.kind === "verified") return this.#position >= (end ?? state.size);
    return end !== undefined && this.#position >= end && this.#position <= this.#unheld();
  }

  /** Byte up to which nothing is held back, as far as content is concerned that is not verified. */
  #unheld(): number {
    const { total } = this.#shared;
    return this.#options.early && total !== undefined ? total - HELD_BACK : -Infinity;
  }

  /** The next bytes; `undefined` at the end. */
  async #next(): Promise<Partial<Lent> & Pick<Lent, "bytes"> | undefined> {
    while (!this.#over) {
      if (this.#rest) {
        const { value } = await this.#rest.read();
        return value && { bytes: value };
      }
      const { state } = this.#shared;
      if (this.#atEnd()) return undefined;
      if (state.kind === "failed") {
        await this.#continueBy(this.#options.failed, state.error);
        continue;
      }
      const limit = this.#limit();
      if (this.#position < limit) return await this.#shared.lend(this.#position, limit);
      if (state.kind === "detached") await this.#continueBy(this.#options.detached, undefined);
      else await this.#shared.changed();
    }
  }

  /** How far this reader may go now; see {@linkcode HELD_BACK}. */
  #limit(): number {
    const { state, received, total } = this.#shared;
    const end = this.#options.end ?? total;
    if (state.kind === "verified") return Math.min(end ?? state.size, state.size);
    if (end === undefined) return received - HELD_BACK;
    return Math.min(received, end, Math.max(end - HELD_BACK, this.#unheld()));
  }

  async #continueBy(continuation: Continuation | undefined, error: unknown): Promise<void> {
    if (!continuation) throw error;
    const stream = await continuation(this.#position, error);
    this.#rest = stream.getReader();
    if (this.#over) await this.#rest.cancel();
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#loans.end();
    this.#shared.leave();
  }
}
