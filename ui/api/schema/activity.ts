/** Recent requests: `GET /activity`, `GET /activity/{id}`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, flag, milliseconds, time } from "../schema.ts";

const cacheResult = z.enum([
  "hit",
  "miss",
  "joined",
  "stale",
  "revalidated",
  "pass",
  "none",
]);

const requestKind = z.enum([
  "ping",
  "manifest",
  "blob",
  "tags",
  "catalog",
  "referrers",
  "upload",
  "token",
  "page",
  "other",
]);

/** Fields as in `RequestRecord`, where each is explained. */
export const requestEntry = z.object({
  seq: count.openapi({
    description: "Grows by one from the start of the process; newest has the largest.",
  }),
  id: z.string(),
  time,
  method: z.string(),
  kind: requestKind,
  path: z.string(),
  registry: z.string(),
  repository: z.string(),
  reference: z.string(),
  status: z.number().int(),
  error: z.string(),
  message: z.string(),
  bytes: bytes.openapi({ description: "What the client took of the body.", example: 1024 }),
  upstreamBytes: bytes,
  upstreamError: z.string(),
  upstreamStatus: z.number().int(),
  upstreamMs: milliseconds,
  attempts: z.array(z.object({
    at: time,
    ms: milliseconds,
    status: z.number().int(),
    error: z.string(),
  })),
  firstByteMs: milliseconds,
  durationMs: milliseconds,
  ended: z.enum([
    "complete",
    "client closed",
    "client stalled",
    "upstream broke off",
    "damaged",
    "stopped",
    "handed over",
  ]),
  cache: cacheResult,
  client: z.string(),
  clientName: z.string(),
  userAgent: z.string(),
  user: z.string(),
  via: z.enum(["direct", "intercept", "forward", "prefetch"]),
  limited: z.string(),
}).openapi("RequestEntry", {
  description: "A request and its answer.",
});

export const requestDetails = requestEntry.extend({
  member: z.string().openapi({
    description: "The Berth that answered it; empty where there is one alone.",
  }),
}).openapi("RequestDetails", {
  description: "A request and its answer, with each attempt at upstream.",
});

/** What else is left out does not matter. `text` is looked for in names, path, client and message. */
export const activityQuery = z.object({
  member: z.string().optional().openapi({
    description: "The Berth of the cluster that answered; this one where left out.",
  }),
  registry: z.string().optional(),
  kind: requestKind.optional(),
  cache: cacheResult.optional(),
  errors: flag.optional().openapi({
    description: "Only answers that failed (5xx and 429); with `refused`, both.",
  }),
  refused: flag.optional().openapi({ description: "Only what clients were refused (other 4xx)." }),
  text: z.string().optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
  before: z.coerce.number().int().positive().optional().openapi({
    description: "Only requests numbered below this: the next page.",
  }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const activity = z.object({
  items: z.array(requestEntry).openapi({ description: "Newest first." }),
  next: count.nullable(),
  remembered: count.openapi({ description: "How many requests are remembered, filtered or not." }),
}).openapi("Activity");

export type CacheResult = z.infer<typeof cacheResult>;
export type RequestKind = z.infer<typeof requestKind>;
export type RequestDetails = z.infer<typeof requestDetails>;
export type RequestEntry = z.infer<typeof requestEntry>;
export type Activity = z.infer<typeof activity>;
