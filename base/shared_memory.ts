/** Small things that several Berths of a cluster know together. */

/** `burst` at once, then one more every `everyMs`, of what `key` names. */
export interface SharedRate {
  key: string;
  burst: number;
  everyMs: number;
}

/**
 * A memory that may be away, and may forget: whoever uses it has one of its own, which is enough
 * where this one does not answer. No verb throws, and none waits for longer than a moment. Nobody
 * without the cluster's secret learns a key from it, or has it say something that it was not told.
 */
export interface SharedMemory {
  /** What is kept under `key`; `undefined` where nothing is, or where nobody answers. */
  get(key: string): Promise<string | undefined>;
  /** Keeps `value` under `key` for `life` milliseconds. Whether that was done. */
  put(key: string, value: string, life: number): Promise<boolean>;
  forget(key: string): Promise<void>;
  /**
   * Takes one of each of `rates`, or of none: then the milliseconds to wait; otherwise 0, which is the
   * answer where nobody answers, too.
   */
  take(rates: readonly SharedRate[]): Promise<number>;
  /** Gives back what `take` took. */
  giveBack(rates: readonly SharedRate[]): Promise<void>;
}
