/** Time as the cache sees it: given from outside, so that tests decide what o'clock it is. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delay(ms, signal) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const aborted = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal?.addEventListener("abort", aborted, { once: true });
    return promise;
  },
};

/**
 * Calls `task` every `ms` until `signal` is aborted; a slow task is waited for, never doubled.
 * What the task throws goes to `failed` and does not end the series.
 */
export async function every(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  task: () => void | Promise<void>,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.delay(ms, signal);
    } catch {
      return;
    }
    try {
      await task();
    } catch (error) {
      failed(error);
    }
  }
}
