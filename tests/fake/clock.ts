/** Time that passes only when a test says so. */
import { type Clock, delayBy } from "../../base/clock.ts";

interface Timer {
  at: number;
  callback: () => void;
}

/** Lets everything run that is ready: microtasks and I/O that has already happened. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands still until it is moved. All members are bound: `clock.now` may be handed on. */
export class FakeClock implements Clock {
  #now: number;
  #timers: Timer[] = [];

  /** @param start Unix milliseconds at which the clock stands. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly after = (ms: number, callback: () => void): () => void => {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => this.#drop(timer);
  };

  /** As a clock's; no wait at all is over at once. */
  readonly delay = (ms: number, signal?: AbortSignal): Promise<void> =>
    ms > 0 || signal?.aborted ? delayBy(this.after, ms, signal) : Promise.resolve();

  /** How many timers wait; 0 means that nothing was left behind. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on by `ms`, runs what falls due in order, and lets its consequences settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      this.#drop(due);
      due.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** Lets much time pass at once: what fell due meanwhile runs late, and once. */
  async skip(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    for (const timer of due) this.#drop(timer);
    for (const { callback } of due) callback();
    await settle();
  }

  #drop(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}
