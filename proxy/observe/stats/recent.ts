/** Counters over a sliding minute. */
import { add, type Counts, zero } from "./counts.ts";

const SECONDS = 60;

/** One bucket a second; a bucket is emptied when its second comes round again. */
export class Recent {
  readonly #buckets = Array.from({ length: SECONDS }, () => ({ second: -1, counts: zero() }));
  readonly #now: () => number;

  /** `now` in Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts `counts` into a second, in Unix seconds; one whose place has been taken since is past. */
  add(second: number, counts: Counts): void {
    const bucket = this.#buckets[second % SECONDS]!;
    if (bucket.second > second) return;
    if (bucket.second !== second) Object.assign(bucket, { second, counts: zero() });
    add(bucket.counts, counts);
  }

  /** What was counted in the last 60 seconds. */
  sum(): Counts {
    const oldest = Math.floor(this.#now() / 1000) - SECONDS;
    const sum = zero();
    for (const { second, counts } of this.#buckets) if (second > oldest) add(sum, counts);
    return sum;
  }
}
