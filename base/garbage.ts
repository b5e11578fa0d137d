/**
 * Collecting garbage at better times than the engine does, which looks at its own heap and lets 64 MB
 * pile up outside of it: buffers that nobody has any more.
 */
import { getHeapStatistics } from "node:v8";

/** What the engine does about it. The executable is compiled with `--expose-gc`. */
export interface Engine {
  /** Collects all of it, while nothing else runs: 25 ms with the heap that a busy Berth has. */
  collect(): void;
  /** Bytes outside of the heap that are in use, or garbage. */
  outside(): number;
  /** Milliseconds of any clock. */
  now(): number;
}

export const ENGINE: Engine = {
  collect: () => (globalThis as { gc?: () => void }).gc?.(),
  outside: () => getHeapStatistics().external_memory,
  now: () => performance.now(),
};

/** Bytes outside of the heap, beyond what survived last, at which it is collected. */
const PILE = 12 * 2 ** 20;
/** So many times as long as it took nothing is collected, however much there is. */
const REST = 10;

export class Garbage {
  readonly #engine: Engine;
  /** Outside of the heap, apart from what is kept: the least since it was collected last. */
  #least = Infinity;
  #notBefore = -Infinity;
  #seen = 0;
  #collected: number | undefined;

  constructor(engine = ENGINE) {
    this.#engine = engine;
  }

  /**
   * To be called now and then while there is much to do: collects where much garbage has piled up.
   *
   * @param kept Bytes outside of the heap of which the caller knows that they are none.
   */
  press(kept: number): void {
    const { collect, outside, now } = this.#engine;
    const rest = outside() - kept;
    this.#least = Math.min(this.#least, rest);
    const began = now();
    if (rest - this.#least < PILE || began < this.#notBefore) return;
    collect();
    this.#least = outside() - kept;
    const ended = now();
    this.#notBefore = ended + REST * (ended - began);
  }

  /**
   * To be called at intervals: collects once where nothing has happened since the last call. The
   * engine collects when memory is asked for; after a busy time nobody asks, and what was needed then
   * would stay with the process. The first requests after it take a third more CPU time, for a second
   * or so: hence once, after the start and after each busy time.
   *
   * @param work Rises with everything that may have left something behind.
   */
  settle(work: number): void {
    if (work === this.#seen && work !== this.#collected) {
      this.#engine.collect();
      this.#collected = work;
    }
    this.#seen = work;
  }
}
