/** Token buckets by key, for limits on how much of something there may be in a time. */
import { LRUCache } from "lru-cache";
import { atMost } from "./at_most.ts";

/** So much at once, and then one more every `everyMs`. */
export interface BucketRate {
  burst: number;
  everyMs: number;
}

interface Bucket {
  /** Below zero for what was spent ahead. */
  tokens: number;
  at: number;
}

/** Keys that are told apart; one that was not used for longest begins anew. */
const MOST = 10_000;
/** What rounding may take of a token. */
const ALMOST = 1e-6;

export class Buckets {
  readonly #buckets = new LRUCache<string, Bucket>(atMost(MOST));
  readonly #now: () => number;

  /** `now` in Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until the bucket of `key` holds `tokens`; 0 where it does. */
  wait(key: string, rate: BucketRate, tokens: number): number {
    const missing = tokens - this.#filled(key, rate).tokens;
    return missing <= ALMOST ? 0 : Math.ceil(missing * rate.everyMs);
  }

  /** Takes `tokens` out of the bucket of `key`, which may leave it in debt; less than 0 gives back. */
  spend(key: string, rate: BucketRate, tokens: number): void {
    const bucket = this.#filled(key, rate);
    bucket.tokens = Math.min(rate.burst, bucket.tokens - tokens);
  }

  #filled(key: string, { burst, everyMs }: BucketRate): Bucket {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (!bucket) this.#buckets.set(key, bucket = { tokens: burst, at: now });
    const gained = Math.max(0, now - bucket.at) / everyMs;
    bucket.tokens = Math.min(burst, bucket.tokens + gained);
    bucket.at = now;
    return bucket;
  }
}
