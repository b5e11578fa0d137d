/** `GET /stats`. */
import { createRoute } from "@hono/zod-openapi";
import type { Stats } from "../../../proxy/observe/stats/stats.ts";
import { queryStats, spanOf } from "../../../proxy/observe/stats/query.ts";
import { answers, router } from "../route.ts";
import { stats as statsSchema, statsQuery } from "../schema/stats.ts";
import { counters } from "../views/counters.ts";

const get = createRoute({
  method: "get",
  path: "/stats",
  summary: "What was asked and what the cache saved, over time and by registry",
  request: { query: statsQuery },
  responses: answers(statsSchema, "Counters of the period"),
});

/** Statistics over a period. `now` in Unix milliseconds. */
export function statsRoutes(stats: Stats, now: () => number) {
  return router().openapi(get, (c) => {
    const { period, registry, ...narrowed } = c.req.valid("query");
    const time = now();
    const found = queryStats(stats, spanOf(period, time, narrowed), time, registry);
    return c.json({
      period,
      from: found.from,
      to: found.to,
      since: stats.totals().since,
      stepMs: found.stepMs,
      total: counters(found.total),
      previous: found.previous ? counters(found.previous) : null,
      registries: found.registries.map(({ name, counts }) => ({ name, ...counters(counts) })),
      series: found.series.map(({ start, counts }) => ({ time: start, ...counters(counts) })),
    }, 200);
  });
}
