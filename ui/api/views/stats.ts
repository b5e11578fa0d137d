/** What was asked over a span, as the API tells it. */
import type { z } from "@hono/zod-openapi";
import { queryStats, type Span } from "../../../proxy/observe/stats/query.ts";
import type { Stats as Book } from "../../../proxy/observe/stats/stats.ts";
import type { Stats, statsQuery } from "../schema/stats.ts";
import { counters } from "./counters.ts";

/** What this Berth itself counted over `span`. `now` in Unix milliseconds. */
export function statsView(
  book: Book,
  { period, registry }: Pick<z.infer<typeof statsQuery>, "period" | "registry">,
  span: Span,
  now: number,
): Stats {
  const found = queryStats(book, span, now, registry);
  return {
    period,
    from: found.from,
    to: found.to,
    since: book.totals().since,
    stepMs: found.stepMs,
    total: counters(found.total),
    previous: found.previous ? counters(found.previous) : null,
    registries: found.registries.map(({ name, counts }) => ({ name, ...counters(counts) })),
    series: found.series.map(({ start, counts }) => ({ time: start, ...counters(counts) })),
    members: null,
  };
}
