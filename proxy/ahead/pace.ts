/** No more than so many bytes a second. */
import type { Clock } from "../../base/clock.ts";

/**
 * A pace of `limit` bytes a second, for everything that asks it together: resolves when that many bytes
 * more are due, and once `signal` is aborted at once. A second's worth may come in one go.
 */
export function paceOf(
  limit: number,
  clock: Pick<Clock, "now" | "delay">,
  signal: AbortSignal,
): (bytes: number) => Promise<void> | undefined {
  /** Unix milliseconds at which everything that was asked for is due. */
  let due = 0;
  return (bytes) => {
    const now = clock.now();
    due = Math.max(due, now - 1000) + bytes / limit * 1000;
    if (due <= now || signal.aborted) return undefined;
    return clock.delay(due - now, signal).catch(() => {});
  };
}
