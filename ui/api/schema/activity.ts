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

/** A request and its answer; fields as in `RequestRecord`, where each is explained. */
export const requestEntry = z.object({
  /** Grows by one from the start of the process; newest has the largest. */
  seq: count,
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
  bytes,
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
}).openapi("RequestEntry");

export const requestDetails = requestEntry.extend({
  /** The Berth that answered it; empty where there is one alone. */
  member: z.string(),
}).openapi("RequestDetails");

/** What else is left out does not matter. `text` is looked for in names, path, client and message. */
export const activityQuery = z.object({
  /** The Berth of the cluster that answered; this one where left out. */
  member: z.string().optional(),
  registry: z.string().optional(),
  kind: requestKind.optional(),
  cache: cacheResult.optional(),
  /** Only answers that failed (5xx and 429); with `refused`, both. */
  errors: flag.optional(),
  /** Only what clients were refused (other 4xx). */
  refused: flag.optional(),
  text: z.string().optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
  /** Only requests numbered below this: the next page. */
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const activity = z.object({
  /** Newest first. */
  items: z.array(requestEntry),
  /** What to send as `before` for the next page; null at the end. */
  next: count.nullable(),
  /** How many requests are remembered, filtered or not. */
  remembered: count,
}).openapi("Activity");

export type CacheResult = z.infer<typeof cacheResult>;
export type RequestKind = z.infer<typeof requestKind>;
export type RequestDetails = z.infer<typeof requestDetails>;
export type RequestEntry = z.infer<typeof requestEntry>;
export type Activity = z.infer<typeof activity>;
