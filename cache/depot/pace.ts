/** A depot that gives bytes, but slowly, is left: upstream has the same, and somebody waits. */
import type { Clock } from "../../base/clock.ts";
import { DepotError } from "../errors.ts";

/** Milliseconds in which it may be as slow as it likes, and bytes a second that it gives from then on. */
const GRACE = 3000;
const LEAST = 256 * 1024;

export class Pace {
  readonly #clock: Clock;
  readonly #slow = new AbortController();
  readonly #began: number;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** Aborted when it is too slow. */
  get signal(): AbortSignal {
    return this.#slow.signal;
  }

  /** To be told of each piece that was taken from what it gives. */
  readonly taken = (bytes: number): void => {
    this.#bytes += bytes;
    const ms = this.#clock.now() - this.#began;
    if (ms > GRACE && this.#bytes < ms / 1000 * LEAST) this.#giveUp();
  };

  /** Resolves to what `work` does. What is small has to come while it may still be slow. */
  async within<T>(work: Promise<T>): Promise<T> {
    const cancel = this.#clock.after(GRACE, () => this.#giveUp());
    try {
      return await work;
    } finally {
      cancel();
    }
  }

  #giveUp(): void {
    this.#slow.abort(new DepotError("away", "endpoint", "it gives its objects too slowly"));
  }
}
