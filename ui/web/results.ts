/** How requests ended. */
import type { CacheResult, RequestEntry } from "../api/schema/activity.ts";

/** How the cache answered, in a word. */
export const RESULT_NAMES: Record<CacheResult, string> = {
  hit: "Hit",
  joined: "Shared download",
  revalidated: "Revalidated",
  stale: "Stale",
  miss: "Miss",
  pass: "Passed through",
  none: "–",
};

/** Whether an operator should look at it. */
export function isFailure(entry: RequestEntry): boolean {
  return entry.status >= 400 || (entry.error !== "" && entry.status < 400);
}
