/** The warm list: `/prefetch`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, time } from "../schema.ts";

const runResult = z.object({
  startedAt: time,
  endedAt: time,
  /** `closed`: its window ended first; it goes on in the next one. */
  state: z.enum(["done", "failed", "cancelled", "closed"]),
  images: count,
  /** Bytes that came, and that were here. */
  came: bytes,
  here: bytes,
  /** Manifests that were asked of registries, which they count as pulls. */
  pulls: count,
  problems: z.array(z.object({ what: z.string(), why: z.string() })),
}).openapi("PrefetchRun");

const prefetchRule = z.object({
  name: z.string(),
  images: z.array(z.string()),
  platforms: z.array(z.string()),
  referrers: z.boolean(),
  every: milliseconds,
  at: z.string(),
  keep: count,
  limit: bytes,
  maxTags: count,
  /** Null while it runs. */
  nextAt: time.nullable(),
  /** The pull of the run that is on; empty while it looks for tags, null where none is on. */
  running: z.string().nullable(),
  last: runResult.nullable(),
  /** Images that are pinned by it. */
  held: z.array(z.string()),
}).openapi("PrefetchRule");

export const prefetch = z.object({
  rules: z.array(prefetchRule),
  /** Share of each registry's quota that rules leave to clients. */
  reserve: z.number(),
  timeZone: z.string(),
}).openapi("Prefetch");

/** A rule as the configuration file writes it. */
export const newRule = z.strictObject({
  name: z.string().max(100).optional(),
  images: z.array(z.string().max(500)).min(1, "expected an image").max(200),
  platforms: z.array(z.string().max(100)).max(50).optional(),
  referrers: z.boolean().optional(),
  every: z.string().max(50).optional(),
  at: z.string().max(50).optional(),
  keep: count.optional(),
  limit: z.string().max(50).optional(),
  max_tags: count.optional(),
}).openapi("NewPrefetchRule");

export const previewQuery = newRule.pick({ images: true, keep: true, max_tags: true })
  .openapi("PrefetchPreviewRequest");

export const prefetchPreview = z.object({
  matches: z.array(z.object({
    pattern: z.string(),
    /** The images that it means now, the newest first. */
    images: z.array(z.string()),
    /** Tags that fit, of which `images` are what is kept. */
    fits: count,
    /** Why it means nothing; empty where it does. */
    problem: z.string(),
  })),
}).openapi("PrefetchPreview");

export const ruleNamed = z.strictObject({ name: z.string().min(1).max(1000) });

export type Prefetch = z.infer<typeof prefetch>;
export type PrefetchRule = z.infer<typeof prefetchRule>;
export type PrefetchPreview = z.infer<typeof prefetchPreview>;
export type NewRule = z.infer<typeof newRule>;
