/** Time that passes only when a test says so. */
interface Timer {
  id: number;
  at: number;
  callback: () => void;
}

/** Lets everything run that is ready: microtasks and I/O that has already happened. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * A clock for code that takes `now`, `sleep` or timers as dependencies. All members are bound, so
 * `{ now: clock.now, sleep: clock.sleep }` works.
 */
export class FakeClock {
  #now: number;
  #next = 1;
  #timers: Timer[] = [];

  /** @param start Unix milliseconds at which the clock stands. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly setTimeout = (callback: () => void, ms = 0): number => {
    const id = this.#next++;
    this.#timers.push({ id, at: this.#now + ms, callback });
    return id;
  };

  readonly clearTimeout = (id?: number): void => {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  };

  /** Calls back after `ms`, unless the function that it returns was called before. */
  readonly after = (ms: number, callback: () => void): () => void => {
    const id = this.setTimeout(callback, ms);
    return () => this.clearTimeout(id);
  };

  /** Resolves once `ms` have been advanced; rejects with the signal's reason when it aborts. */
  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        this.clearTimeout(id);
        reject(signal?.reason);
      };
      const id = this.setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", abort, { once: true });
    });
  };

  /** How many timers wait; 0 means that nothing was left behind. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on by `ms`, runs what falls due in order, and lets its consequences settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      this.clearTimeout(due.id);
      due.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}
