/** A depot that gives bytes, but slowly, is left: upstream has the same, and somebody waits. */
import type { Clock } from "../../base/clock.ts";
import { DepotError } from "../errors.ts";

/**
 * Milliseconds of waiting in which it may be as slow as it likes, and bytes a second that it gives from
 * then on. While nobody waits for it, somebody else is slow.
 */
const GRACE = 3000;
const LEAST = 256 * 1024;

export class Pace {
  readonly #clock: Clock;
  readonly #slow = new AbortController();
  #waited = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborted when it is too slow. */
  get signal(): AbortSignal {
    return this.#slow.signal;
  }

  /** To be told of each piece that was taken from what it gives, and of the milliseconds until it came. */
  readonly taken = (bytes: number, waited: number): void => {
    this.#bytes += bytes;
    this.#waited += waited;
    if (this.#waited > GRACE && this.#bytes < this.#waited / 1000 * LEAST) this.#giveUp();
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
