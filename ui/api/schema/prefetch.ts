/** The warm list: `/prefetch`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, time } from "../schema.ts";

const runResult = z.object({
  startedAt: time,
  endedAt: time,
  state: z.enum(["done", "failed", "cancelled", "closed"]).openapi({
    description: "`closed`: its window ended first; it goes on in the next one.",
  }),
  images: count.openapi({ description: "How many images." }),
  came: bytes.openapi({ description: "Bytes that came." }),
  here: bytes,
  pulls: count.openapi({
    description: "Manifests that were asked of registries, which they count as pulls.",
  }),
  problems: z.array(z.object({ what: z.string(), why: z.string() })).openapi({
    description: "What could not be pulled.",
  }),
}).openapi("PrefetchRun");

const prefetchRule = z.object({
  name: z.string(),
  images: z.array(z.string()).openapi({
    description: "Patterns of images.",
    example: ["docker/library/nginx:^1.27"],
  }),
  platforms: z.array(z.string()),
  referrers: z.boolean(),
  every: milliseconds.openapi({ description: "From one run to the next.", example: 21600000 }),
  at: z.string().openapi({
    description: "The window of each day in which it may run; empty: any time.",
    example: "02:00-05:00",
  }),
  keep: count.openapi({
    description: "The newest tags of each repository that are kept; 0: all.",
    example: 3,
  }),
  limit: bytes.openapi({
    description: "Bytes per second; 0: as fast as they come.",
    example: 20971520,
  }),
  maxTags: count.openapi({ description: "More tags than these are refused.", example: 50 }),
  nextAt: time.nullable().openapi({
    description: "When it runs next; null while it runs.",
    example: 1767225600000,
  }),
  running: z.string().nullable().openapi({
    description: "The pull of its run; null where none is on.",
  }),
  last: runResult.nullable(),
  held: z.array(z.string()).openapi({ description: "Images that are pinned by it." }),
}).openapi("PrefetchRule");

const tagLook = z.object({
  image: z.string(),
  pulls: count.openapi({ description: "Pulls by clients within the last seven days." }),
  state: z.enum(["waiting", "same", "running", "fetched", "skipped", "failed"]).openapi({
    description: "`skipped`: what is left of the registry's quota is for clients.",
  }),
  error: z.string().openapi({ description: "Why it failed or was skipped; else empty." }),
}).openapi("LearnedTag");

const totals = z.object({
  since: time.openapi({ description: "When counting began; 0: nothing was counted yet." }),
  checks: count.openapi({ description: "Tags that were looked at." }),
  moved: count.openapi({ description: "Those that stood for something that was not cached." }),
  requests: count.openapi({ description: "Questions to registries, repeated ones too." }),
  pulls: count.openapi({
    description: "Manifests that were fetched, which registries count as pulls.",
  }),
  bytes: bytes.openapi({ description: "Bytes that came from registries." }),
  found: count.openapi({
    description: "Pulls of tags that had moved and whose new content was here already.",
  }),
  savedBytes: bytes.openapi({ description: "Bytes that these pulls had from the cache." }),
  savedMs: milliseconds.openapi({
    description: "What fetching them would have taken, by the registry's recent speed.",
  }),
}).openapi("LearnedTotals");

const learn = z.object({
  tags: count.openapi({ description: "How many tags are kept fresh; 0: none.", example: 50 }),
  every: milliseconds.openapi({ description: "From one look to the next.", example: 900000 }),
  nextAt: time.nullable().openapi({
    description: "When it looks next; null while it does, and where it is off.",
    example: 1767225600000,
  }),
  running: z.boolean(),
  totals,
  looks: z.array(tagLook).openapi({ description: "What the last look found, tag by tag." }),
}).openapi("PrefetchLearn");

export const prefetch = z.object({
  learn,
  elsewhere: z.boolean().openapi({
    description: "Whether another Berth of the cluster does what is due.",
  }),
  rules: z.array(prefetchRule).openapi({
    description: "The warm list, in the order of the configuration.",
  }),
  reserve: z.number().openapi({
    description: "Share of each registry's quota that rules leave to clients.",
    example: 0.3,
  }),
  timeZone: z.string().openapi({
    description: "The zone that times of day are of.",
    example: "Europe/Berlin",
  }),
}).openapi("Prefetch");

/** A rule as the configuration file writes it. */
export const newRule = z.strictObject({
  name: z.string().max(100).optional(),
  images: z.array(z.string().max(500)).min(1, "expected an image").max(200).openapi({
    description: "Patterns of images.",
    example: ["docker/library/nginx:^1.27"],
  }),
  platforms: z.array(z.string().max(100)).max(50).optional(),
  referrers: z.boolean().optional(),
  every: z.string().max(50).optional().openapi({
    description: "From one run to the next.",
    example: "6h",
  }),
  at: z.string().max(50).optional().openapi({
    description: "The window of each day in which it may run; empty: any time.",
    example: "02:00-05:00",
  }),
  keep: count.optional().openapi({
    description: "The newest tags of each repository that are kept; 0: all.",
    example: 3,
  }),
  limit: z.string().max(50).optional().openapi({
    description: "Bytes per second.",
    example: "20MiB/s",
  }),
  max_tags: count.min(1).max(1000).optional().openapi({
    description: "More tags than these are refused.",
    example: 50,
  }),
}).openapi("NewPrefetchRule");

/** `prefetch.learn` as the configuration file writes it. */
export const newLearn = z.strictObject({
  tags: count.openapi({ description: "How many tags; 0 turns it off.", example: 50 }),
  every: z.string().max(50).optional().openapi({
    description: "From one look to the next; as it is where this is left out.",
    example: "15m",
  }),
}).openapi("NewPrefetchLearn");

export const previewQuery = newRule.pick({ images: true, keep: true, max_tags: true })
  .openapi("PrefetchPreviewRequest");

export const prefetchPreview = z.object({
  matches: z.array(z.object({
    pattern: z.string(),
    images: z.array(z.string()).openapi({
      description: "The images that it means now, the newest first.",
    }),
    fits: count.openapi({ description: "Tags that fit, of which `images` are kept." }),
    problem: z.string().openapi({ description: "Why it means nothing; empty where it does." }),
  })).openapi({ description: "What each pattern means now." }),
}).openapi("PrefetchPreview");

export const ruleNamed = z.strictObject({ name: z.string().min(1).max(1000) });

export type Prefetch = z.infer<typeof prefetch>;
export type PrefetchRule = z.infer<typeof prefetchRule>;
export type PrefetchPreview = z.infer<typeof prefetchPreview>;
export type NewLearn = z.infer<typeof newLearn>;
export type PrefetchLearn = z.infer<typeof learn>;
export type NewRule = z.infer<typeof newRule>;
