/** `GET /activity`, `GET /activity/{id}`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Activity } from "../../../proxy/observe/stats/activity.ts";
import { notFound } from "../problem.ts";
import { answers, router } from "../route.ts";
import { activity as activitySchema, activityQuery, requestEntry } from "../schema/activity.ts";

const list = createRoute({
  method: "get",
  path: "/activity",
  summary: "Recent requests, newest first",
  request: { query: activityQuery },
  responses: answers(activitySchema, "A page of requests"),
});

const get = createRoute({
  method: "get",
  path: "/activity/{id}",
  summary: "One recent request",
  request: { params: z.object({ id: z.string() }) },
  responses: answers(requestEntry, "The request and its answer"),
});

/** The requests that are remembered. */
export function activityRoutes(activity: Activity) {
  return router()
    .openapi(list, (c) => {
      const { limit, before, ...filter } = c.req.valid("query");
      const found = activity.search(filter, limit + 1, before);
      const items = found.slice(0, limit);
      const next = found.length > limit ? items.at(-1)?.seq ?? null : null;
      return c.json({ items, next, remembered: activity.size }, 200);
    })
    .openapi(get, (c) => {
      const { id } = c.req.valid("param");
      const found = activity.find(id);
      if (!found) throw notFound(`Request ${id}`);
      return c.json(found, 200);
    });
}
