/**
 * What is kept. The tree, a level at a time: `GET /cache/registries`, `GET /cache/images`,
 * `GET /cache/tags`, `GET /cache/manifests/{digest}`. The list: `GET /cache/blobs`,
 * `GET|DELETE /cache/blobs/{digest}`. `DELETE /cache/images/{registry}/{repository}[?tag=…]`,
 * `POST /cache/evictions/plan`, `POST /cache/evictions`, `POST /cache/pins`,
 * `GET|POST /cache/verify`.
 */
import { z } from "@hono/zod-openapi";
import { bytes, count, flag, milliseconds, pageOf, paging, time } from "../schema.ts";

/**
 * Figures of a level of the tree. Hits are requests for manifests that the cache answered, of this
 * repository or image alone; `lastUsed` is when one was asked for last. A blob that several of its images use counts once.
 */
const level = {
  blobs: count,
  bytes,
  hits: count,
  lastUsed: time.nullable(),
};

const cachedRegistry = z.object({
  registry: z.string(),
  repositories: count,
  tags: count,
  ...level,
}).openapi("CachedRegistry");

export const cachedRegistries = z.object({ items: z.array(cachedRegistry) })
  .openapi("CachedRegistries");

export const imagesQuery = paging.extend({
  registry: z.string().optional(),
  search: z.string().optional().openapi({ description: "Part of the repository's name." }),
  sort: z.enum(["repository", "bytes", "hits", "lastUsed"]).default("lastUsed"),
});

const cachedImage = z.object({
  registry: z.string(),
  repository: z.string().openapi({ description: "As upstream calls it: `library/alpine`." }),
  tags: count,
  pinned: z.boolean(),
  ...level,
}).openapi("CachedImage");

export const cachedImages = pageOf(cachedImage).openapi("CachedImages");

export const tagsQuery = paging.pick({ page: true, limit: true }).extend({
  registry: z.string(),
  repository: z.string(),
});

const cachedTag = z.object({
  tag: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  platforms: z.array(z.string()).openapi({
    description: "`linux/amd64`: those whose manifest is here.",
  }),
  checkedAt: time.nullable(),
  pinned: z.boolean(),
  /** Of the manifest and everything below it that is here. */
  ...level,
}).openapi("CachedTag", {
  description: "A manifest or index of a repository, by tag or (empty `tag`) only by digest.",
});

export const cachedTags = pageOf(cachedTag).openapi("CachedTags");

export const content = z.object({
  digest: z.string(),
  mediaType: z.string(),
  size: bytes.openapi({ description: "Its own size, as the manifest says." }),
  total: bytes.openapi({
    description: "Of a manifest that is cached, all that is cached of it; else `size`.",
  }),
  platform: z.string().openapi({ description: "`linux/arm64/v8` in an index; empty elsewhere." }),
  cached: z.boolean(),
  hits: count,
  lastUsed: time.nullable(),
}).openapi("Content", { description: "Something that a manifest names." });

export const cachedManifest = z.object({
  digest: z.string(),
  mediaType: z.string(),
  artifactType: z.string(),
  kind: z.enum(["index", "manifest"]).openapi({
    description: "An index of manifests, or a manifest.",
  }),
  size: bytes,
  hits: count,
  lastUsed: time.nullable(),
  manifests: z.array(content),
  config: content.nullable(),
  layers: z.array(content),
}).openapi("CachedManifest", {
  description: "One manifest opened: an index lists manifests, a manifest its config and layers.",
});

const blobKind = z.enum(["layer", "config", "manifest", "index", "other"]);

export const blobsQuery = paging.extend({
  search: z.string().optional().openapi({
    description:
      "Start of a digest (with or without its algorithm) or part of a repository's name.",
  }),
  registry: z.string().optional(),
  repository: z.string().optional(),
  kind: blobKind.optional(),
  mediaType: z.string().optional(),
  pinned: flag.optional(),
  sort: z.enum(["digest", "size", "hits", "lastUsed", "created"]).default("lastUsed"),
});

export const blob = z.object({
  digest: z.string(),
  size: bytes,
  mediaType: z.string(),
  kind: blobKind.openapi({ description: "What it is." }),
  hits: count,
  created: time,
  lastUsed: time,
  verifiedAt: time.nullable().openapi({
    description: "When its content was last checked against its digest.",
  }),
  pinned: z.boolean(),
  repositories: z.array(z.string()).openapi({
    description:
      "Some of the repositories that hold it, `docker/library/alpine`; at most five in a list.",
  }),
  repositoryCount: count,
}).openapi("Blob");

export const blobPage = pageOf(blob).extend({ bytes }).openapi("BlobPage");

export const blobDetails = blob.extend({
  tags: z.array(z.string()).openapi({
    description: "The tags that lead to it.",
    example: ["docker/library/alpine:3.22"],
  }),
}).openapi("BlobDetails", {
  description:
    "A blob with all its repositories and the tags that lead to it, `docker/library/alpine:3.22`.",
});

/** How full the cache was at the end of each of the last 30 days, and what follows from that. */
export const cacheGrowth = z.object({
  samples: z.array(z.object({ time, bytes })),
  bytesPerDay: z.number().nullable().openapi({
    description: "How fast it grows; negative where it shrinks; null while too little is known.",
    example: 1073741824,
  }),
  daysUntilFull: z.number().nonnegative().nullable().openapi({
    description:
      "Days until the cache is full at that rate; null where it does not grow, or takes more than a year.",
    example: 40,
  }),
  evictedAfterMs: milliseconds.nullable().openapi({
    description:
      "For how long content had not been used when it was evicted for room; null where none was.",
  }),
}).openapi("CacheGrowth");

/** An image: a tag, or all of a repository. */
export const imageName = z.object({
  registry: z.string(),
  repository: z.string(),
  tag: z.string().optional(),
});

export const selection = z.object({
  digests: z.array(z.string()).max(1000).default([]),
  images: z.array(imageName).max(1000).default([]),
  registries: z.array(z.string()).max(100).default([]).openapi({
    description: "Everything of these registries.",
    example: ["docker"],
  }),
  unusedForMs: milliseconds.optional().openapi({
    description: "Everything that was not used for this long; 0 is the whole cache.",
  }),
  pinned: z.boolean().default(false).openapi({
    description: "Whether pinned content goes, too.",
    example: false,
  }),
}).openapi("Selection", {
  description:
    "What to evict: everything that any of these names. Pinned content stays unless `pinned`.",
});

export const evictionPlan = z.object({
  digests: count.openapi({ description: "How many blobs would go.", example: 7 }),
  bytes: bytes.openapi({ description: "Bytes that are freed." }),
  tags: count.openapi({ description: "How many tags would go.", example: 1 }),
  pinnedDigests: count.openapi({ description: "Selected, but kept because it is pinned." }),
  pinnedBytes: bytes,
  sharedDigests: count.openapi({
    description: "Selected, but kept because images that stay use it too.",
  }),
  sharedBytes: bytes,
  inUseDigests: count.openapi({
    description: "Selected, but kept because it is being read or fetched right now.",
  }),
  largest: z.array(z.object({
    digest: z.string(),
    size: bytes,
    mediaType: z.string(),
    repository: z.string(),
  })).openapi({ description: "The largest items to remove." }),
  repositories: z.array(z.string()).openapi({
    description:
      "Repositories that lose something, `docker/library/alpine`, and how many they are.",
  }),
  repositoryCount: count,
}).openapi("EvictionPlan");

export const evicted = z.object({
  digests: count.openapi({ description: "How many blobs went.", example: 7 }),
  bytes: bytes.openapi({ description: "What the disk got back.", example: 3623807 }),
  tags: count.openapi({ description: "How many tags went.", example: 1 }),
}).openapi("Evicted");

export const pinRequest = z.object({
  digests: z.array(z.string()).max(1000).default([]),
  images: z.array(imageName).max(1000).default([]),
  pinned: z.boolean().openapi({
    description: "True keeps them, false lets them go.",
    example: true,
  }),
}).openapi("PinRequest");

export const pinResult = z.object({
  digests: count.openapi({ description: "How many.", example: 7 }),
}).openapi("PinResult", { description: "How many digests are pinned (or no longer) by it." });

export const verifyRequest = z.object({ digests: z.array(z.string()).max(1000).default([]) })
  .openapi("VerifyRequest", { description: "Empty: the whole cache." });

export type CacheGrowth = z.infer<typeof cacheGrowth>;
export type CachedRegistry = z.infer<typeof cachedRegistry>;
export type CachedImage = z.infer<typeof cachedImage>;
export type CachedTag = z.infer<typeof cachedTag>;
export type CachedManifest = z.infer<typeof cachedManifest>;
export type Content = z.infer<typeof content>;
export type BlobKind = z.infer<typeof blobKind>;
export type Blob = z.infer<typeof blob>;
export type BlobPage = z.infer<typeof blobPage>;
export type BlobDetails = z.infer<typeof blobDetails>;
export type ImageName = z.infer<typeof imageName>;
/** As sent: what is left out selects nothing. */
export type Selection = z.input<typeof selection>;
export type EvictionPlan = z.infer<typeof evictionPlan>;
export type Evicted = z.infer<typeof evicted>;
export type PinRequest = z.input<typeof pinRequest>;
