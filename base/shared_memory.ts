/** Small things that several Berths of a cluster know together. */

/**
 * A memory that may be away, and may forget: whoever uses it has one of its own, which is enough
 * where this one does not answer. No verb throws, and none waits for longer than a moment.
 */
export interface SharedMemory {
  /** What is kept under `key`; `undefined` where nothing is, or where nobody answers. */
  get(key: string): Promise<string | undefined>;
  /** Keeps `value` under `key` for `life` milliseconds. Whether that was done. */
  put(key: string, value: string, life: number): Promise<boolean>;
}
