/**
 * Collecting garbage when there is time. The engine collects when memory is asked for; after a busy
 * time nobody asks, and what was needed then would stay with the process. The first requests after
 * it take a third more CPU time, for a second or so: hence once, after the start and after each busy
 * time, and not while there is something to do.
 */
export class Garbage {
  readonly #work: () => number;
  readonly #collect: () => void;
  #seen = 0;
  #collected: number | undefined;

  /**
   * @param work Rises with everything that may have left something behind.
   * @param collect The engine's own way, which the executable is compiled with.
   */
  constructor(work: () => number, collect = engineCollects) {
    this.#work = work;
    this.#collect = collect;
  }

  /** To be called now and then: collects once where nothing has happened since the last call. */
  collect(): void {
    const work = this.#work();
    if (work === this.#seen && work !== this.#collected) {
      this.#collect();
      this.#collected = work;
    }
    this.#seen = work;
  }
}

function engineCollects(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
