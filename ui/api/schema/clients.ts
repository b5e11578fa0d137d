/** Clients and what they pulled: `GET /clients`, `GET /pulls`, `GET /pulls/images`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, moment, pageOf, paging, time } from "../schema.ts";

/** The last 24 hours where neither is given; 30 days are kept. */
const between = z.object({
  from: moment.optional(),
  to: moment.optional(),
  member: z.string().optional().openapi({
    description: "The Berth of the cluster that was asked; this one where left out.",
  }),
  format: z.enum(["json", "csv"]).optional().openapi({
    description: "As `Accept: text/csv` asks for, for links.",
  }),
});

const pullResult = z.enum(["complete", "broken", "failed"]);

export const pullsQuery = between.extend({
  client: z.string().optional().openapi({ description: "Part of the client's address or name." }),
  address: z.string().optional().openapi({ description: "The client with exactly this address." }),
  image: z.string().optional().openapi({ description: "Part of registry/repository:tag." }),
  user: z.string().optional().openapi({ description: "The user who signed in." }),
  result: pullResult.optional(),
  before: z.coerce.number().int().positive().optional().openapi({
    description: "Only pulls numbered below this: the next page.",
  }),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

export const pull = z.object({
  id: count.openapi({ description: "Grows from pull to pull." }),
  time,
  durationMs: milliseconds,
  client: z.string().openapi({ description: "Address." }),
  clientName: z.string(),
  user: z.string(),
  userAgent: z.string(),
  registry: z.string(),
  repository: z.string(),
  reference: z.string().openapi({ description: "Tag or digest that it began with." }),
  requests: count,
  blobs: count.openapi({
    description:
      "Layers and configurations that were asked for: none where the client had them all.",
  }),
  cachedBlobs: count.openapi({ description: "Those of them that the cache had." }),
  bytes: bytes.openapi({
    description: "Bytes that the client got, and what of them came from the cache.",
  }),
  cachedBytes: bytes,
  result: pullResult.openapi({
    description: "`broken`: a transfer broke off; `failed`: something was not given.",
  }),
  message: z.string().openapi({ description: "What went wrong; empty where nothing did." }),
}).openapi("Pull", {
  description:
    "One pull: a manifest that was asked for, and what the client went on to ask for because of it.",
});

export const pulls = z.object({
  items: z.array(pull).openapi({ description: "Newest first." }),
  next: count.nullable(),
}).openapi("Pulls");

export const imagesQuery = between.extend({
  limit: z.coerce.number().int().min(1).max(100).default(10),
});

export const pulledImages = z.object({
  items: z.array(z.object({
    registry: z.string(),
    repository: z.string(),
    pulls: count,
    clients: count.openapi({ description: "How many clients pulled it.", example: 3 }),
    bytes,
  })).openapi({ description: "Those that were pulled most first." }),
}).openapi("PulledImages");

export const clientsQuery = between.extend({
  ...paging.shape,
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  sort: z.enum(["client", "user", "pulls", "requests", "bytes", "hits", "errors", "last"])
    .default("last"),
  search: z.string().optional().openapi({ description: "Part of address, name, user or agent." }),
  address: z.string().optional().openapi({ description: "The client with exactly this address." }),
  user: z.string().optional(),
});

/** Why a client is thought to go past this mirror. */
const bypass = z.object({
  kind: z.enum(["silent", "elsewhere"]).openapi({
    description:
      "`silent`: used to pull and stopped; `elsewhere`: asks for manifests and never for layers.",
  }),
  reason: z.string().openapi({ description: "In a sentence, with the figures." }),
});

export const client = z.object({
  client: z.string().openapi({
    description: "Empty for all those that there was no room to tell apart.",
  }),
  name: z.string(),
  user: z.string(),
  userAgent: z.string(),
  first: time,
  last: time,
  requests: count,
  pulls: count,
  manifests: count.openapi({ description: "Manifests and blobs that were given." }),
  blobs: count.openapi({ description: "How many blobs were given.", example: 4 }),
  hits: count,
  misses: count,
  errors: count.openapi({
    description: "Answers that failed (5xx and 429), and what was refused (other 4xx).",
  }),
  refused: count.openapi({ description: "What it was refused: 4xx.", example: 0 }),
  limited: count.openapi({ description: "What a limit refused or slowed down." }),
  bytes,
  cachedBytes: bytes,
  images: count.openapi({ description: "Repositories that it pulled from." }),
  bypass: bypass.nullable(),
  limits: z.array(z.object({ name: z.string(), text: z.string() })).openapi({
    description: "The limits that hold for it, in words.",
  }),
}).openapi("Client", { description: "A client is an address and who signed in there." });

export const clients = pageOf(client).extend({
  bypassing: z.array(z.object({
    client: z.string(),
    name: z.string(),
    user: z.string(),
    last: time,
    ...bypass.shape,
  })).openapi({
    description: "Clients that probably bypass the mirror, whether they are on this page or not.",
  }),
}).openapi("Clients");

export type PullResult = z.infer<typeof pullResult>;
export type Pull = z.infer<typeof pull>;
export type Pulls = z.infer<typeof pulls>;
export type Client = z.infer<typeof client>;
export type Clients = z.infer<typeof clients>;
