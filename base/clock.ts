/** Time as a dependency: a test has a clock that it moves by hand. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back once after `ms`, unless the function that it returns was called before. What was due
   * already (`ms` below 0) comes as soon as it can.
   */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's own time. By timers alone: platforms without `node:` modules have those too. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    // Deno prints a warning about negative ones.
    const id = setTimeout(callback, Math.max(0, ms));
    return () => clearTimeout(id);
  },
  delay: (ms, signal) => delayBy(systemClock.after, ms, signal),
};

/** {@linkcode Clock.delay} made of {@linkcode Clock.after}. */
export function delayBy(after: Clock["after"], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const aborted = () => {
      cancel();
      reject(signal!.reason);
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

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
