/** `GET /events`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Access } from "../access.ts";
import type { Activity } from "../../../proxy/observe/stats/activity.ts";
import { Feed } from "../feed.ts";
import type { Present } from "../present.ts";
import { ApiProblem } from "../problem.ts";
import { router } from "../route.ts";
import { eventStream } from "../sse.ts";

const MAX_READERS = 100;
const TICK_MS = 250;

const get = createRoute({
  method: "get",
  path: "/events",
  summary: "Live events, as server-sent events",
  request: {
    headers: z.object({ "last-event-id": z.string().optional() }),
  },
  responses: {
    200: {
      description: "Events named live, fills, requests, status, members and verification",
      content: { "text/event-stream": { schema: z.string() } },
    },
  },
});

interface EventDeps {
  access: Access;
  present: Present;
  activity: Activity;
  /** Told of errors of our own. */
  report: (error: unknown, path: string) => void;
  /** Unix milliseconds. */
  now: () => number;
  /** Milliseconds between looks at what is new; a quarter of a second where absent. */
  tickMs?: number;
}

/** The live events. Throws a 503 when too many dashboards listen. */
export function eventRoutes(
  { access, present, activity, report, now, tickMs = TICK_MS }: EventDeps,
) {
  let readers = 0;
  return router().openapi(get, async (c) => {
    if (readers >= MAX_READERS) {
      throw new ApiProblem(503, "Too many dashboards are open", { retryAfterMs: 10e3 });
    }
    const lastId = c.req.valid("header")["last-event-id"];
    const lastSeq = /^\d{1,15}$/.test(lastId ?? "") ? Number(lastId) : undefined;
    await present.refreshAll();
    const hostname = access.hostname(c);
    const told = {
      activity,
      live: () => present.live(),
      fills: () => present.fills(),
      members: () => present.members(),
      verification: () => present.verification(),
      status: () => {
        present.refreshAll().catch((error) => report(error, c.req.path));
        return present.status(hostname);
      },
    };
    const feed = new Feed(told, now, lastSeq);
    const identity = c.get("identity");
    readers++;
    return eventStream({
      poll: () => feed.poll(),
      allowed: () => access.holds(identity),
      ended: () => readers--,
      failed: (error) => report(error, c.req.path),
      now,
      tickMs,
    });
  });
}
