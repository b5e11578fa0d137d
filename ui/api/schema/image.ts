/**
 * One image: `GET /cache/image?registry=&repository=&reference=`, and what the config of one of its
 * manifests says, `GET /cache/manifests/{digest}/config`. Both tell what is cached, and ask nobody.
 */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";
import { content } from "./cache.ts";

export const imageQuery = z.object({
  registry: z.string(),
  /** As upstream calls it: `library/alpine`. */
  repository: z.string(),
  /** A tag or a digest. */
  reference: z.string(),
});

/** A manifest that an index names, or the manifest itself. */
const imagePlatform = z.object({
  digest: z.string(),
  /** `linux/arm64/v8`; empty where nobody has said. */
  platform: z.string(),
  /** Whether its manifest is cached. */
  cached: z.boolean(),
  /** Of its config and layers, as its manifest says; null where that is not cached. */
  size: bytes.nullable(),
  layers: count.nullable(),
  /** Of it, what is cached. */
  cachedBytes: bytes,
});

/** Something about an image or one of its platforms, as far as it is known here. */
const referrer = z.object({
  digest: z.string(),
  kind: z.enum(["signature", "attestation", "sbom", "other"]),
  /** As it says itself; empty where it does not, or is not cached. */
  artifactType: z.string(),
  /** The tag that leads to it, `sha256-<hex>.sig`; empty where there is none. */
  tag: z.string(),
  /** Digest of what it is about. */
  subject: z.string(),
  /** 0 where nobody has said. */
  size: bytes,
  cached: z.boolean(),
});

export const imageDetails = z.object({
  registry: z.string(),
  repository: z.string(),
  /** Empty where it was asked for by digest. */
  tag: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  kind: z.enum(["index", "manifest"]),
  pinned: z.boolean(),
  /** When upstream last confirmed the tag; null for digests. */
  checkedAt: time.nullable(),
  /** Of the manifest and everything below it that is cached. */
  bytes,
  hits: count,
  lastUsed: time.nullable(),
  /** The registry's page about it, for people; empty where none is known. */
  page: z.string(),
  platforms: z.array(imagePlatform),
  referrers: z.array(referrer),
}).openapi("ImageDetails");

/** A step of the build: with the layer that it made, unless it made none. */
const historyStep = z.object({
  /** The command, as the config has it; shortened where it is very long. */
  command: z.string(),
  comment: z.string(),
  created: time.nullable(),
  /** Null where the step made no layer. */
  layer: content.nullable(),
});

const pair = z.object({ name: z.string(), value: z.string() });

/** What an image config says (OCI image spec, config.md). All of it is what its author wrote. */
const parsedConfig = z.object({
  platform: z.string(),
  /** Null where it does not say, or says a time before 1970, as reproducible builds do. */
  created: time.nullable(),
  author: z.string(),
  user: z.string(),
  workingDir: z.string(),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  stopSignal: z.string(),
  ports: z.array(z.string()),
  volumes: z.array(z.string()),
  /** Names of environment variables; not what they hold. */
  env: z.array(z.string()),
  labels: z.array(pair),
});

export const imageConfig = z.object({
  digest: z.string(),
  artifactType: z.string(),
  config: content.nullable(),
  /**
   * `read`; `absent`: not cached; `too-large`; `unreadable`: no JSON of an image; `none`: the manifest
   * names no image config.
   */
  state: z.enum(["read", "absent", "too-large", "unreadable", "none"]),
  parsed: parsedConfig.nullable(),
  /** Annotations of the manifest. */
  annotations: z.array(pair),
  /** Empty where the config does not say, or does not fit the layers. */
  history: z.array(historyStep),
  layers: z.array(content),
}).openapi("ImageConfig");

export type ImageDetails = z.infer<typeof imageDetails>;
export type ImagePlatform = z.infer<typeof imagePlatform>;
export type Referrer = z.infer<typeof referrer>;
export type ImageConfig = z.infer<typeof imageConfig>;
export type ParsedConfig = z.infer<typeof parsedConfig>;
export type HistoryStep = z.infer<typeof historyStep>;
