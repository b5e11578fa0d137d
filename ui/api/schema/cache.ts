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
  /** Part of the repository's name. */
  search: z.string().optional(),
  sort: z.enum(["repository", "bytes", "hits", "lastUsed"]).default("lastUsed"),
});

const cachedImage = z.object({
  registry: z.string(),
  /** As upstream calls it: `library/alpine`. */
  repository: z.string(),
  tags: count,
  pinned: z.boolean(),
  ...level,
}).openapi("CachedImage");

export const cachedImages = pageOf(cachedImage).openapi("CachedImages");

export const tagsQuery = paging.pick({ page: true, limit: true }).extend({
  registry: z.string(),
  repository: z.string(),
});

/** A manifest or index of a repository, by tag or (empty `tag`) only by digest. */
const cachedTag = z.object({
  tag: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  /** `linux/amd64`: those whose manifest is here. */
  platforms: z.array(z.string()),
  /** When upstream last confirmed the tag; null for digests. */
  checkedAt: time.nullable(),
  pinned: z.boolean(),
  /** Of the manifest and everything below it that is here. */
  ...level,
}).openapi("CachedTag");

export const cachedTags = pageOf(cachedTag).openapi("CachedTags");

/** Something that a manifest names. */
export const content = z.object({
  digest: z.string(),
  mediaType: z.string(),
  /** Its own size, as the manifest says. */
  size: bytes,
  /** Of a manifest that is cached, all that is cached of it; else `size`. */
  total: bytes,
  /** `linux/arm64/v8` in an index; empty elsewhere. */
  platform: z.string(),
  cached: z.boolean(),
  hits: count,
  lastUsed: time.nullable(),
}).openapi("Content");

/** One manifest opened: an index lists manifests, a manifest its config and layers. */
export const cachedManifest = z.object({
  digest: z.string(),
  mediaType: z.string(),
  artifactType: z.string(),
  kind: z.enum(["index", "manifest"]),
  size: bytes,
  hits: count,
  lastUsed: time.nullable(),
  manifests: z.array(content),
  config: content.nullable(),
  layers: z.array(content),
}).openapi("CachedManifest");

const blobKind = z.enum(["layer", "config", "manifest", "index", "other"]);

export const blobsQuery = paging.extend({
  /** Start of a digest (with or without its algorithm) or part of a repository's name. */
  search: z.string().optional(),
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
  kind: blobKind,
  hits: count,
  created: time,
  lastUsed: time,
  /** When its content was last checked against its digest. */
  verifiedAt: time.nullable(),
  pinned: z.boolean(),
  /** Some of the repositories that hold it, `docker/library/alpine`; at most five in a list. */
  repositories: z.array(z.string()),
  repositoryCount: count,
}).openapi("Blob");

export const blobPage = pageOf(blob).extend({ bytes }).openapi("BlobPage");

/** A blob with all its repositories and the tags that lead to it, `docker/library/alpine:3.22`. */
export const blobDetails = blob.extend({ tags: z.array(z.string()) }).openapi("BlobDetails");

/** How full the cache was at the end of each of the last 30 days, and what follows from that. */
export const cacheGrowth = z.object({
  samples: z.array(z.object({ time, bytes })),
  /** Negative where it shrinks; null while too little is known. */
  bytesPerDay: z.number().nullable(),
  /** At that rate; null where it does not grow, or takes more than a year. */
  daysUntilFull: z.number().nonnegative().nullable(),
  /** For how long content had not been used when it was evicted for room; null where none was. */
  evictedAfterMs: milliseconds.nullable(),
}).openapi("CacheGrowth");

/** An image: a tag, or all of a repository. */
export const imageName = z.object({
  registry: z.string(),
  repository: z.string(),
  tag: z.string().optional(),
});

/** What to evict: everything that any of these names. Pinned content stays unless `pinned`. */
export const selection = z.object({
  digests: z.array(z.string()).max(1000).default([]),
  images: z.array(imageName).max(1000).default([]),
  registries: z.array(z.string()).max(100).default([]),
  /** Everything that was not used for this long; 0 is the whole cache. */
  unusedForMs: milliseconds.optional(),
  pinned: z.boolean().default(false),
}).openapi("Selection");

export const evictionPlan = z.object({
  digests: count,
  /** Bytes that are freed. */
  bytes,
  tags: count,
  /** Selected, but kept because it is pinned. */
  pinnedDigests: count,
  pinnedBytes: bytes,
  /** Selected, but kept because images that stay use it too. */
  sharedDigests: count,
  sharedBytes: bytes,
  /** Selected, but kept because it is being read or fetched right now. */
  inUseDigests: count,
  /** The largest items to remove. */
  largest: z.array(z.object({
    digest: z.string(),
    size: bytes,
    mediaType: z.string(),
    repository: z.string(),
  })),
  /** Repositories that lose something, `docker/library/alpine`, and how many they are. */
  repositories: z.array(z.string()),
  repositoryCount: count,
}).openapi("EvictionPlan");

export const evicted = z.object({ digests: count, bytes, tags: count }).openapi("Evicted");

export const pinRequest = z.object({
  digests: z.array(z.string()).max(1000).default([]),
  images: z.array(imageName).max(1000).default([]),
  pinned: z.boolean(),
}).openapi("PinRequest");

/** How many digests are pinned (or no longer) by it. */
export const pinResult = z.object({ digests: count }).openapi("PinResult");

/** Empty: the whole cache. */
export const verifyRequest = z.object({ digests: z.array(z.string()).max(1000).default([]) })
  .openapi("VerifyRequest");

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
