/**
 * One image: `GET /cache/image?registry=&repository=&reference=`, and what the config of one of its
 * manifests says, `GET /cache/manifests/{digest}/config`. Both tell what is cached, and ask nobody.
 */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";
import { content } from "./cache.ts";

export const imageQuery = z.object({
  registry: z.string(),
  repository: z.string().openapi({ description: "As upstream calls it: `library/alpine`." }),
  reference: z.string().openapi({ description: "A tag or a digest." }),
});

/** A manifest that an index names, or the manifest itself. */
const imagePlatform = z.object({
  digest: z.string(),
  platform: z.string().openapi({ description: "`linux/arm64/v8`; empty where nobody has said." }),
  cached: z.boolean().openapi({ description: "Whether its manifest is cached." }),
  size: bytes.nullable().openapi({
    description:
      "Size of its config and layers, as its manifest says; null where that is not cached.",
  }),
  layers: count.nullable(),
  cachedBytes: bytes.openapi({ description: "What of that is cached." }),
});

/** Something about an image or one of its platforms, as far as it is known here. */
const referrer = z.object({
  digest: z.string(),
  kind: z.enum(["signature", "attestation", "sbom", "other"]),
  artifactType: z.string().openapi({
    description: "Its type, as it says itself; empty where it does not, or is not cached.",
  }),
  tag: z.string().openapi({
    description: "The tag that leads to it, `sha256-<hex>.sig`; empty where there is none.",
  }),
  subject: z.string(),
  size: bytes.openapi({ description: "Its size; 0 where nobody has said." }),
  cached: z.boolean(),
});

export const imageDetails = z.object({
  registry: z.string(),
  repository: z.string(),
  tag: z.string().openapi({ description: "The tag; empty where it was asked for by digest." }),
  digest: z.string(),
  mediaType: z.string(),
  kind: z.enum(["index", "manifest"]),
  pinned: z.boolean(),
  checkedAt: time.nullable(),
  bytes: bytes.openapi({
    description: "Size of the manifest and of everything below it that is cached.",
  }),
  hits: count,
  lastUsed: time.nullable(),
  page: z.string().openapi({
    description: "The registry's page about it, for people; empty where none is known.",
  }),
  platforms: z.array(imagePlatform),
  referrers: z.array(referrer),
}).openapi("ImageDetails");

/** A step of the build: with the layer that it made, unless it made none. */
const historyStep = z.object({
  command: z.string(),
  comment: z.string(),
  created: time.nullable(),
  layer: content.nullable(),
});

const pair = z.object({ name: z.string(), value: z.string() });

/** What an image config says (OCI image spec, config.md). All of it is what its author wrote. */
const parsedConfig = z.object({
  platform: z.string(),
  created: time.nullable().openapi({
    description:
      "When it was made; null where it does not say, or says a time before 1970, as reproducible builds do.",
  }),
  author: z.string(),
  user: z.string(),
  workingDir: z.string(),
  entrypoint: z.array(z.string()),
  cmd: z.array(z.string()),
  stopSignal: z.string(),
  ports: z.array(z.string()),
  volumes: z.array(z.string()),
  env: z.array(z.string()),
  labels: z.array(pair),
});

export const imageConfig = z.object({
  digest: z.string(),
  artifactType: z.string(),
  config: content.nullable(),
  state: z.enum(["read", "absent", "too-large", "unreadable", "none"]).openapi({
    description:
      "`read`; `absent`: not cached; `too-large`; `unreadable`: no JSON of an image; `none`: the manifest names no image config.",
  }),
  parsed: parsedConfig.nullable(),
  annotations: z.array(pair),
  history: z.array(historyStep).openapi({
    description:
      "The steps of the build; empty where the config does not say, or does not fit the layers.",
  }),
  layers: z.array(content),
}).openapi("ImageConfig");

export type ImageDetails = z.infer<typeof imageDetails>;
export type ImagePlatform = z.infer<typeof imagePlatform>;
export type Referrer = z.infer<typeof referrer>;
export type ImageConfig = z.infer<typeof imageConfig>;
export type ParsedConfig = z.infer<typeof parsedConfig>;
export type HistoryStep = z.infer<typeof historyStep>;
