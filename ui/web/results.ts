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

/** An answer that failed; the same rule as the server's. */
export const isError = ({ kind, path, status }: RequestEntry): boolean =>
  (status >= 500 || status === 429) &&
  !(kind === "page" && path === "/readyz" && status === 503);

/** What a client was refused; the same rule as the server's. */
export const isRefused = (entry: RequestEntry): boolean =>
  entry.status >= 400 && entry.status < 500 && entry.status !== 429;

/** Whether the client did not get what it asked for. */
export function isFailure(entry: RequestEntry): boolean {
  return entry.status >= 400 || (entry.error !== "" && entry.status < 400);
}
