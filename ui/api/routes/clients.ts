/** `GET /clients`, `GET /pulls`, `GET /pulls/images`: who pulls what. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { isoTime } from "../../../base/iso_time.ts";
import { csvResponse, wantsCsv } from "../csv.ts";
import type { Fleet } from "../fleet.ts";
import { answers, router } from "../route.ts";
import {
  type Client,
  clients as clientsSchema,
  clientsQuery,
  imagesQuery,
  type Pull,
  pulledImages,
  pulls as pullsSchema,
  pullsQuery,
} from "../schema/clients.ts";
import type { ClientsView } from "../views/clients.ts";

/** `answers`, for a list that can be had as CSV, too: by links, which need no type of it. */
function listed<Schema extends z.ZodType>(schema: Schema, description: string) {
  const answered = answers(schema, description);
  Object.assign(answered[200].content, { "text/csv": { schema: z.string() } });
  return answered;
}

const clients = createRoute({
  method: "get",
  path: "/clients",
  summary: "Who asked for content, and what they got",
  request: { query: clientsQuery },
  responses: listed(clientsSchema, "A page of clients of one Berth; as CSV all of them"),
});

const pulls = createRoute({
  method: "get",
  path: "/pulls",
  summary: "Pulls of the last 30 days, newest first",
  request: { query: pullsQuery },
  responses: listed(pullsSchema, "A page of pulls from one Berth; as CSV all of them"),
});

const images = createRoute({
  method: "get",
  path: "/pulls/images",
  summary: "The images that were pulled most",
  request: { query: imagesQuery },
  responses: answers(pulledImages, "Repositories with their pulls"),
});

/** Clients and pulls of this Berth, and of the others in `fleet`. */
export function clientRoutes(view: ClientsView, fleet: Fleet | undefined) {
  return router()
    .openapi(clients, async (c) => {
      const query = c.req.valid("query");
      const page = async (more: { limit?: number; page?: number } = {}) =>
        await fleet?.askFor(c.req.url, clientsSchema, more) ?? view.clients({ ...query, ...more });
      if (!wantsCsv(c.req.header("accept"), query.format)) return c.json(await page(), 200);
      return await csvResponse("clients", CLIENT_COLUMNS, async ({ before: at = 1 }) => {
        const { items, total } = await page({ limit: AT_ONCE, page: at });
        return { items, next: at * AT_ONCE < total ? at + 1 : null };
      }) as never;
    })
    .openapi(pulls, async (c) => {
      const query = c.req.valid("query");
      const page = async (more: { limit?: number; before?: number } = {}) =>
        await fleet?.askFor(c.req.url, pullsSchema, more) ?? view.pulls({ ...query, ...more });
      if (!wantsCsv(c.req.header("accept"), query.format)) return c.json(await page(), 200);
      return await csvResponse("pulls", PULL_COLUMNS, page) as never;
    })
    .openapi(images, async (c) => {
      const told = await fleet?.askFor(c.req.url, pulledImages);
      return c.json(told ?? view.images(c.req.valid("query")), 200);
    });
}

/** Clients that are read at once for a file: their order changes, so those of most Berths. */
const AT_ONCE = 10_000;

const CLIENT_COLUMNS = {
  client: ({ client }: Client) => client,
  name: ({ name }: Client) => name,
  user: ({ user }: Client) => user,
  user_agent: ({ userAgent }: Client) => userAgent,
  first: ({ first }: Client) => isoTime(first),
  last: ({ last }: Client) => isoTime(last),
  requests: ({ requests }: Client) => requests,
  pulls: ({ pulls }: Client) => pulls,
  manifests: ({ manifests }: Client) => manifests,
  blobs: ({ blobs }: Client) => blobs,
  hits: ({ hits }: Client) => hits,
  misses: ({ misses }: Client) => misses,
  errors: ({ errors }: Client) => errors,
  refused: ({ refused }: Client) => refused,
  limited: ({ limited }: Client) => limited,
  bytes: ({ bytes }: Client) => bytes,
  cached_bytes: ({ cachedBytes }: Client) => cachedBytes,
  images: ({ images }: Client) => images,
  bypass: ({ bypass }: Client) => bypass?.reason ?? "",
};

const PULL_COLUMNS = {
  time: ({ time }: Pull) => isoTime(time),
  duration_ms: ({ durationMs }: Pull) => durationMs,
  client: ({ client }: Pull) => client,
  client_name: ({ clientName }: Pull) => clientName,
  user: ({ user }: Pull) => user,
  user_agent: ({ userAgent }: Pull) => userAgent,
  registry: ({ registry }: Pull) => registry,
  repository: ({ repository }: Pull) => repository,
  reference: ({ reference }: Pull) => reference,
  requests: ({ requests }: Pull) => requests,
  blobs: ({ blobs }: Pull) => blobs,
  cached_blobs: ({ cachedBlobs }: Pull) => cachedBlobs,
  bytes: ({ bytes }: Pull) => bytes,
  cached_bytes: ({ cachedBytes }: Pull) => cachedBytes,
  result: ({ result }: Pull) => result,
  message: ({ message }: Pull) => message,
};
