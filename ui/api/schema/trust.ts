/** `/trust`: what tags have stood for, and what people decided about them. */
import { z } from "@hono/zod-openapi";
import { bytes, time } from "../schema.ts";

const image = z.string().max(400).openapi({
  description: "The image as the cache lists it: registry, repository and tag",
  example: "docker/library/alpine:3.20",
});
const digest = z.string().max(200).openapi({
  description: "A digest that the tag has stood for",
  example: `sha256:${"0".repeat(64)}`,
});

export const imageQuery = z.object({ image });

/** Without a digest: what the tag stood for last. */
export const freezeRequest = z.object({ image, digest: digest.optional() });

export const releaseRequest = z.object({
  image: image.openapi({
    description: "The image, or a pattern of names: all that is known by now is let through",
    example: "docker/acme/*:*",
  }),
  digest: digest.optional(),
});

const pastDigest = z.object({
  digest: digest.openapi({ description: "A digest that the tag has stood for" }),
  mediaType: z.string().openapi({ description: "Of the manifest or index" }),
  size: bytes.openapi({ description: "Bytes of the manifest or index alone" }),
  bytes: bytes.nullable().openapi({
    description: "Bytes of what it names, as far as that is known; null: it is not any more",
  }),
  platforms: z.array(z.string()).openapi({ description: "Of an index, as far as is known" }),
  firstSeen: time.openapi({ description: "When the tag was first seen to stand for it" }),
  seenBy: z.enum(["pull", "prefetch", "bundle", ""]).openapi({
    description:
      "What saw that first: a client's pull, one ahead of clients, or a bundle that was " +
      "loaded; empty: not known",
  }),
  lastSeen: time.openapi({ description: "When the registry last confirmed that" }),
  current: z.boolean().openapi({ description: "Whether it is what the registry said last" }),
  heldUntil: time.nullable().openapi({
    description: "Until when it is held back; null: it is not",
  }),
  whole: z.boolean().openapi({ description: "Whether it can be pulled without the registry" }),
}).openapi("PastDigest");

export const tagPast = z.object({
  image: image.openapi({
    description: "The image as the cache lists it: registry, repository and tag",
  }),
  frozen: digest.nullable().openapi({ description: "What the tag is frozen to" }),
  digests: z.array(pastDigest).openapi({ description: "Newest first" }),
}).openapi("TagPast");

const decider = {
  by: z.string().openapi({ description: "Who decided" }),
  at: time.openapi({ description: "When" }),
};

export const decisions = z.object({
  frozen: z.array(
    z.object({
      image: image.openapi({
        description: "The image as the cache lists it: registry, repository and tag",
      }),
      digest: digest.openapi({ description: "A digest that the tag has stood for" }),
      ...decider,
    }),
  ).openapi({ description: "Newest first" }).openapi({ description: "Newest first" }),
  released: z.array(
    z.object({
      image: image.openapi({
        description: "The image as the cache lists it: registry, repository and tag",
      }),
      digest: digest.nullable().openapi({ description: "A digest that the tag has stood for" }),
      ...decider,
    }),
  )
    .openapi({ description: "What need not wait; without a digest, by a pattern" }).openapi({
      description: "What need not wait; without a digest, by a pattern",
    }),
}).openapi("TrustDecisions");

/** Without rules: those in force. */
export const tryRequest = z.object({
  rules: z.union([z.string().max(100_000), z.array(z.record(z.string(), z.unknown())).max(1000)])
    .optional().openapi({
      description:
        "Rules as in policy.rules: a list, or text in YAML; left out: the effective ones",
      example: [{ action: "deny", platforms: ["windows/**"] }],
    }),
});

const tried = z.object({
  image: z.string().openapi({
    description: "The image as it was pulled, by tag or digest",
    example: "docker/library/alpine:3.20",
  }),
  outcome: z.enum(["refused", "unknown"]).openapi({
    description: "unknown: a rule would have to know what is not recorded",
  }),
  rule: z.string().openapi({
    description: "The rule that decides, or would have to know more",
    example: "policy.rules[0]",
  }),
  reason: z.string().openapi({ description: "What the client would read, or what is not known" }),
  pulls: z.number().openapi({ description: "How often it was pulled" }),
  clients: z.number().openapi({ description: "By how many clients" }),
  users: z.array(z.string()).openapi({ description: "Users who pulled it; some of many" }),
  last: time.openapi({ description: "When it was pulled last" }),
});

export const dryRun = z.object({
  from: time.openapi({ description: "Begin of the span that was looked at" }),
  pulls: z.number().openapi({ description: "Pulls that are recorded of the span" }),
  refused: z.number().openapi({ description: "Pulls that would have been refused" }),
  unknown: z.number().openapi({ description: "Pulls of which that cannot be told" }),
  items: z.array(tried).openapi({ description: "What was pulled most first" }),
  left: z.number().openapi({ description: "How many more items there are" }),
}).openapi("PolicyDryRun");

export type DryRunView = z.output<typeof dryRun>;
export type TagPastView = z.output<typeof tagPast>;
export type DecisionsView = z.output<typeof decisions>;
