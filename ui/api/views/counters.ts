/** Counters as the API tells them. */
import type { Counts } from "../../../proxy/observe/stats/counts.ts";
import type { Counters } from "../schema/stats.ts";

/** `counts` in whole bytes and milliseconds. */
export function counters(counts: Counts): Counters {
  return { ...counts, timeSavedMs: Math.round(counts.timeSavedMs) };
}
