/** Answers that take a while, computed so seldom that what does the work has time for the rest. */
import { LRUCache } from "lru-cache";

/** An answer is kept for so many times as long as it took: a twentieth of the time goes into it. */
const TIMES = 20;
const MOST_MS = 60e3;
/** Answers of other questions are let go. */
const KEPT = 20;

export class Seldom {
  readonly #answers = new LRUCache<string, { until: number; value: unknown }>({ max: KEPT });
  readonly #now: () => number;

  /** `now` in milliseconds of any clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** What `compute` says to `question`, which is all that it depends on beside the time. */
  get<T>(question: object, compute: () => T): T {
    const key = JSON.stringify(question);
    const before = this.#now();
    const known = this.#answers.get(key);
    if (known && before < known.until) return known.value as T;
    const value = compute();
    const took = this.#now() - before;
    this.#answers.set(key, { until: before + took + Math.min(MOST_MS, TIMES * took), value });
    return value;
  }
}
