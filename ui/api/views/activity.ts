/** Recent requests, as the API tells them. */
import type { z } from "@hono/zod-openapi";
import type { Activity as Book } from "../../../proxy/observe/stats/activity.ts";
import type { Activity, activityQuery } from "../schema/activity.ts";

/** A page of those that this Berth itself answered. */
export function activityView(
  book: Book,
  { limit, before, member: _, ...filter }: z.infer<typeof activityQuery>,
): Activity {
  const found = book.search(filter, limit + 1, before);
  const items = found.slice(0, limit);
  const next = found.length > limit ? items.at(-1)?.seq ?? null : null;
  return { items, next, remembered: book.size };
}
