/** Deadlines. */
import type { Clock } from "../../../base/clock.ts";

/**
 * The result of `work`. Throws `late()` when it takes longer than `ms` milliseconds; the signal that
 * `work` gets is aborted then, and when `over` is.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
  over?: AbortSignal,
): Promise<T> {
  const timer = new AbortController();
  const deadline = new AbortController();
  const working = work(deadline.signal);
  const stop = (error: unknown): never => {
    deadline.abort(error);
    throw error;
  };
  const expiry = clock.delay(ms, AbortSignal.any([timer.signal, ...over ? [over] : []]))
    .then(() => stop(late()), stop);
  // Whichever loses the race must not end as an unhandled rejection.
  working.catch(() => {});
  expiry.catch(() => {});
  try {
    return await Promise.race([working, expiry]);
  } finally {
    timer.abort();
  }
}
