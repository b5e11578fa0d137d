/** `GET /activity`, `GET /activity/{id}`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Activity } from "../../../proxy/observe/stats/activity.ts";
import type { Fleet } from "../fleet.ts";
import { notFound } from "../problem.ts";
import { answers, router } from "../route.ts";
import {
  activity as activitySchema,
  activityQuery,
  requestDetails,
  requestEntry,
} from "../schema/activity.ts";
import { activityView } from "../views/activity.ts";

const list = createRoute({
  method: "get",
  path: "/activity",
  summary: "Recent requests, newest first",
  request: { query: activityQuery },
  responses: answers(activitySchema, "A page of requests to one member of a cluster"),
});

const get = createRoute({
  method: "get",
  path: "/activity/{id}",
  summary: "One recent request",
  request: { params: z.object({ id: z.string().regex(/^[\w-]+$/) }) },
  responses: answers(requestDetails, "The request and its answer"),
});

/** The requests that are remembered, here and at the others in `fleet`. */
export function activityRoutes(activity: Activity, fleet: Fleet | undefined) {
  return router()
    .openapi(list, async (c) => {
      const query = c.req.valid("query");
      const told = await fleet?.askFor(c.req.url, activitySchema);
      return c.json(told ?? activityView(activity, query), 200);
    })
    .openapi(get, async (c) => {
      const { id } = c.req.valid("param");
      const found = activity.find(id);
      if (found) return c.json({ ...found, member: fleet?.self ?? "" }, 200);
      const others = await fleet?.askAll(`activity/${id}`, requestEntry);
      for (const [member, entry] of others?.answers ?? []) return c.json({ ...entry, member }, 200);
      throw notFound(`Request ${id}`);
    });
}
