/** Pulls that Berth makes itself: `POST /pulls`, `GET /pulls/running`, `GET|DELETE /pulls/{id}`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";

const sums = z.object({ parts: count, bytes }).openapi("PullSums");

/** One manifest or blob of an image. */
const part = z.object({
  digest: z.string(),
  kind: z.enum(["index", "manifest", "config", "layer", "referrer"]),
  /** `linux/arm64/v8`; empty where it belongs to none. */
  platform: z.string(),
  size: bytes,
  received: bytes,
  state: z.enum(["waiting", "running", "here", "came", "failed"]),
  /** Why it failed; empty where it has not. */
  error: z.string(),
}).openapi("PullPart");

const image = {
  /** `docker/library/nginx:1.27` */
  image: z.string(),
  registry: z.string(),
  /** `held`: it waits for the registry's quota, until `until`. */
  state: z.enum(["waiting", "running", "held", "done", "failed", "cancelled"]),
  digest: z.string(),
  /** What is fetched, and what was wanted and is not there. */
  platforms: z.array(z.string()),
  lacking: z.array(z.string()),
  /** Why it failed or waits; empty where it does neither. */
  error: z.string(),
  until: time.nullable(),
  /** What was in the cache already, what came, and what is still to come. */
  here: sums,
  came: sums,
  left: sums,
};

const pull = {
  id: z.string(),
  /** Who asked for it. */
  by: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  state: z.enum(["running", "done", "failed", "cancelled"]),
};

const pulledImage = z.object(image).openapi("PulledImage");

const pullSummary = z.object({ ...pull, images: z.array(pulledImage) }).openapi("PullSummary");

export const pullSummaries = z.object({ items: z.array(pullSummary) }).openapi("PullSummaries");

export const pullDetails = z.object({
  ...pull,
  images: z.array(z.object({ ...image, parts: z.array(part) })),
}).openapi("PullDetails");

export const newPull = z.strictObject({
  /** As in a pull, `quay.io/org/app:1`, or as the cache lists them, `docker/library/nginx:1.27`. */
  images: z.array(z.string().max(1000)).min(1, "expected an image").max(100),
  /** Left out or empty: those of the registry's `platforms`, else the one that Berth runs on. */
  platforms: z.array(z.string().max(100)).max(50).default([]),
  allPlatforms: z.boolean().default(false),
  /** Signatures, attestations and SBOMs, too. */
  referrers: z.boolean().default(false),
}).openapi("NewPull");

export type PullPart = z.infer<typeof part>;
export type PullSummary = z.infer<typeof pullSummary>;
export type PulledImage = z.infer<typeof pulledImage>;
export type PullDetails = z.infer<typeof pullDetails>;
