/** `GET /stats`. */
import { createRoute } from "@hono/zod-openapi";
import type { Stats } from "../../../proxy/observe/stats/stats.ts";
import { spanOf } from "../../../proxy/observe/stats/query.ts";
import type { Fleet } from "../fleet.ts";
import { answers, router } from "../route.ts";
import { stats as statsSchema, statsQuery } from "../schema/stats.ts";
import { statsView } from "../views/stats.ts";
import { sumStats } from "../views/sums.ts";

const get = createRoute({
  method: "get",
  path: "/stats",
  summary: "Requests and savings, over time and by registry",
  request: { query: statsQuery },
  responses: answers(statsSchema, "Counters of the period, of all members of a cluster"),
});

/** Statistics over a period. `now` in Unix milliseconds; `fleet`: those whose figures are added. */
export function statsRoutes(stats: Stats, fleet: Fleet | undefined, now: () => number) {
  return router().openapi(get, async (c) => {
    const { period, registry, ...narrowed } = c.req.valid("query");
    const time = now();
    const span = spanOf(period, time, narrowed);
    const own = statsView(stats, { period, registry }, span, time);
    if (!fleet) return c.json(own, 200);
    const asked = new URLSearchParams({ period, from: `${span.from}`, to: `${span.to}` });
    if (registry !== undefined) asked.set("registry", registry);
    const { answers: others, members } = await fleet.askAll(`stats?${asked}`, statsSchema);
    return c.json(sumStats(own, [...others.values()], members), 200);
  });
}
