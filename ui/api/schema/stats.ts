/** What was asked and what it saved: `GET /stats`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, time } from "../schema.ts";
import { membersAsked } from "./status.ts";

export const period = z.enum(["1h", "24h", "30d"]);

/** `from` and `to` narrow the period, as dragging over a chart does. */
export const statsQuery = z.object({
  period: period.default("24h"),
  registry: z.string().optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
});

export const counters = z.object({
  requests: count,
  pulls: count,
  hits: count,
  misses: count,
  stale: count.openapi({ description: "Served from the cache because upstream did not answer." }),
  errors: count,
  refused: count.default(0).openapi({
    description:
      "What clients were refused: other 4xx, such as 401, 403, 404 and 405; older versions do not tell.",
  }),
  bytesFromCache: bytes,
  bytesFromUpstream: bytes,
  timeSavedMs: milliseconds,
}).openapi("Counters");

export const point = counters.extend({ time }).openapi("Point", {
  description:
    "One step of a series. A step in which Berth did not run has no point: a gap, not a zero.",
});

export const stats = z.object({
  period,
  from: time.openapi({ description: "The span that `total` and `series` cover." }),
  to: time.openapi({ description: "End of the span.", example: 1767225600000 }),
  since: time.openapi({
    description: "When the counting began; a span that reaches further back is not complete.",
  }),
  stepMs: milliseconds.openapi({
    description: "Length of one step of `series`: a minute, an hour or a day.",
  }),
  total: counters,
  previous: counters.nullable(),
  registries: z.array(counters.extend({ name: z.string() })).openapi({
    description: "Every registry that was asked, the busiest first.",
  }),
  series: z.array(point),
  /** Null where this Berth is alone. */
  members: membersAsked.nullable(),
}).openapi("Stats");

export type Period = z.infer<typeof period>;
export type Counters = z.infer<typeof counters>;
export type Point = z.infer<typeof point>;
export type Stats = z.infer<typeof stats>;
