/** Clients and what they pulled: `GET /clients`, `GET /pulls`, `GET /pulls/images`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, moment, pageOf, paging, time } from "../schema.ts";

/** The last 24 hours where neither is given; 30 days are kept. */
const between = z.object({
  from: moment.optional(),
  to: moment.optional(),
  /** The Berth of the cluster that was asked; this one where left out. */
  member: z.string().optional(),
  /** As `Accept: text/csv` asks for, for links. */
  format: z.enum(["json", "csv"]).optional(),
});

const pullResult = z.enum(["complete", "broken", "failed"]);

export const pullsQuery = between.extend({
  /** Part of the client's address or name. */
  client: z.string().optional(),
  /** The client with exactly this address. */
  address: z.string().optional(),
  /** Part of registry/repository:tag. */
  image: z.string().optional(),
  /** The user who signed in. */
  user: z.string().optional(),
  result: pullResult.optional(),
  /** Only pulls numbered below this: the next page. */
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

/** One pull: a manifest that was asked for, and what the client went on to ask for because of it. */
export const pull = z.object({
  /** Grows from pull to pull. */
  id: count,
  time,
  durationMs: milliseconds,
  /** Address. */
  client: z.string(),
  /** By reverse look-up, or as a trusted proxy says; empty where neither tells. */
  clientName: z.string(),
  user: z.string(),
  userAgent: z.string(),
  registry: z.string(),
  repository: z.string(),
  /** Tag or digest that it began with. */
  reference: z.string(),
  requests: count,
  /** Layers and configurations that were asked for: none where the client had them all. */
  blobs: count,
  /** Those of them that the cache had. */
  cachedBlobs: count,
  /** Bytes that the client got, and what of them came from the cache. */
  bytes,
  cachedBytes: bytes,
  /** `broken`: a transfer broke off; `failed`: something was not given. */
  result: pullResult,
  /** What went wrong; empty where nothing did. */
  message: z.string(),
}).openapi("Pull");

export const pulls = z.object({
  /** Newest first. */
  items: z.array(pull),
  /** What to send as `before` for the next page; null at the end. */
  next: count.nullable(),
}).openapi("Pulls");

export const imagesQuery = between.extend({
  limit: z.coerce.number().int().min(1).max(100).default(10),
});

export const pulledImages = z.object({
  /** Those that were pulled most first. */
  items: z.array(z.object({
    registry: z.string(),
    repository: z.string(),
    pulls: count,
    clients: count,
    bytes,
  })),
}).openapi("PulledImages");

export const clientsQuery = between.extend({
  ...paging.shape,
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  sort: z.enum(["client", "user", "pulls", "requests", "bytes", "hits", "errors", "last"])
    .default("last"),
  /** Part of address, name, user or agent. */
  search: z.string().optional(),
  /** The client with exactly this address. */
  address: z.string().optional(),
  user: z.string().optional(),
});

/** Why a client is thought to go past this mirror. */
const bypass = z.object({
  /** `silent`: used to pull and stopped; `elsewhere`: asks for manifests and never for layers. */
  kind: z.enum(["silent", "elsewhere"]),
  /** In a sentence, with the figures. */
  reason: z.string(),
});

/** A client is an address and who signed in there. */
export const client = z.object({
  /** Empty for all those that there was no room to tell apart. */
  client: z.string(),
  name: z.string(),
  user: z.string(),
  userAgent: z.string(),
  first: time,
  last: time,
  requests: count,
  pulls: count,
  /** Manifests and blobs that were given. */
  manifests: count,
  blobs: count,
  hits: count,
  misses: count,
  /** Answers that failed (5xx and 429), and what was refused (other 4xx). */
  errors: count,
  refused: count,
  /** What a limit refused or slowed down. */
  limited: count,
  bytes,
  cachedBytes: bytes,
  /** Repositories that it pulled from. */
  images: count,
  bypass: bypass.nullable(),
  /** The limits that hold for it, in words. */
  limits: z.array(z.object({ name: z.string(), text: z.string() })),
}).openapi("Client");

export const clients = pageOf(client).extend({
  /** Clients that probably bypass the mirror, whether they are on this page or not. */
  bypassing: z.array(z.object({
    client: z.string(),
    name: z.string(),
    user: z.string(),
    last: time,
    ...bypass.shape,
  })),
}).openapi("Clients");

export type PullResult = z.infer<typeof pullResult>;
export type Pull = z.infer<typeof pull>;
export type Pulls = z.infer<typeof pulls>;
export type Client = z.infer<typeof client>;
export type Clients = z.infer<typeof clients>;
export type ClientSort = z.infer<typeof clientsQuery>["sort"];
