/** Pulls that Berth makes itself: `POST /pulls`, `GET /pulls/running`, `GET|DELETE /pulls/{id}`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";

const sums = z.object({
  parts: count.openapi({ description: "How many manifests and blobs.", example: 7 }),
  bytes,
}).openapi("PullSums");

/** One manifest or blob of an image. */
const part = z.object({
  digest: z.string(),
  kind: z.enum(["index", "manifest", "config", "layer", "referrer"]),
  platform: z.string().openapi({
    description: "`linux/arm64/v8`; empty where it belongs to none.",
  }),
  size: bytes,
  received: bytes,
  state: z.enum(["waiting", "running", "here", "came", "failed"]),
  error: z.string().openapi({ description: "Why it failed; empty where it has not." }),
}).openapi("PullPart");

const image = {
  image: z.string(),
  registry: z.string(),
  state: z.enum(["waiting", "running", "held", "done", "failed", "cancelled"]).openapi({
    description: "How far it is; `held`: it waits for the registry's quota, until `until`.",
  }),
  digest: z.string(),
  platforms: z.array(z.string()).openapi({ description: "Platforms that are fetched." }),
  lacking: z.array(z.string()),
  error: z.string().openapi({
    description: "Why it failed or waits; empty where it does neither.",
  }),
  until: time.nullable(),
  here: sums,
  came: sums,
  left: sums,
};

const pull = {
  id: z.string(),
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
  images: z.array(z.string().max(1000)).min(1, "expected an image").max(100).openapi({
    description: "As in a pull, or as the cache lists them.",
    example: ["quay.io/org/app:1"],
  }),
  platforms: z.array(z.string().max(100)).max(50).default([]).openapi({
    description:
      "Platforms; left out or empty: those of the registry's `platforms`, else the one that Berth runs on.",
  }),
  allPlatforms: z.boolean().default(false),
  referrers: z.boolean().default(false).openapi({
    description: "Signatures, attestations and SBOMs, too.",
  }),
}).openapi("NewPull");

export type PullPart = z.infer<typeof part>;
export type PullSummary = z.infer<typeof pullSummary>;
export type PulledImage = z.infer<typeof pulledImage>;
export type PullDetails = z.infer<typeof pullDetails>;
