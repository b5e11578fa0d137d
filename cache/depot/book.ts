/** How the depot has been doing, and whether it is worth asking just now. */
import type { Clock } from "../../base/clock.ts";

/** After a failure nobody asks for so many milliseconds, and then one does. */
const PAUSE = 5000;

/** Shared by all who deal with one depot. */
export class DepotBook {
  readonly #clock: Clock;
  #pausedUntil: number | undefined;
  /** When it last did what it was asked to. */
  #workedAt = -Infinity;
  /** Whether it has been found to be a depot. */
  opened = false;
  /** Objects stored since the start, and failures of any kind. */
  puts = 0;
  errors = 0;
  /** Objects that fills have come from. */
  gets = 0;
  #last: { at: number; message: string } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The latest failure. */
  get lastError(): { at: number; message: string } | undefined {
    return this.#last;
  }

  /**
   * Whether somebody who waits may ask the depot. After a failure a single one is let through at a
   * time, so that a depot that hangs makes nobody else wait.
   */
  mayAsk(): boolean {
    if (!this.opened) return false;
    if (this.#pausedUntil === undefined) return true;
    const now = this.#clock.now();
    if (now < this.#pausedUntil) return false;
    this.#pausedUntil = now + PAUSE;
    return true;
  }

  /** Whether it has done what it was asked to a moment ago, and has not failed since. */
  get isSound(): boolean {
    return this.opened && this.#pausedUntil === undefined &&
      this.#clock.now() - this.#workedAt < PAUSE;
  }

  worked(): void {
    this.#pausedUntil = undefined;
    this.#workedAt = this.#clock.now();
  }

  failed(error: unknown): void {
    const now = this.#clock.now();
    this.errors++;
    this.#pausedUntil = now + PAUSE;
    this.#last = { at: now, message: error instanceof Error ? error.message : String(error) };
  }
}
