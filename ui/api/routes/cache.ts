/** `/cache`: what is kept. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Cache } from "../../../cache/api.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, router } from "../route.ts";
import {
  blobDetails,
  blobPage,
  blobsQuery,
  cachedImages,
  cachedManifest,
  cachedRegistries,
  cachedTags,
  imagesQuery,
  tagsQuery,
} from "../schema/cache.ts";
import {
  blobView,
  blobViews,
  imageViews,
  manifestView,
  registryViews,
  tagViews,
} from "../views/cache.ts";

const SORTS = { repository: "name", bytes: "size", hits: "hits", lastUsed: "used" } as const;
const BLOB_SORTS = {
  digest: "digest",
  size: "size",
  hits: "hits",
  lastUsed: "used",
  created: "created",
} as const;

const digestParam = z.object({ digest: z.string() });

const cachedOf = createRoute({
  method: "get",
  path: "/cache/registries",
  summary: "Registries with cached content",
  responses: answers(cachedRegistries, "Every such registry"),
});

const images = createRoute({
  method: "get",
  path: "/cache/images",
  summary: "Repositories with cached content",
  request: { query: imagesQuery },
  responses: answers(cachedImages, "A page of repositories"),
});

const tags = createRoute({
  method: "get",
  path: "/cache/tags",
  summary: "Tags of a repository, and manifests known by digest only",
  request: { query: tagsQuery },
  responses: answers(cachedTags, "A page of tags, then of digests"),
});

const manifest = createRoute({
  method: "get",
  path: "/cache/manifests/{digest}",
  summary: "What a manifest or index names",
  request: { params: digestParam },
  responses: answers(cachedManifest, "The manifest"),
});

const blobs = createRoute({
  method: "get",
  path: "/cache/blobs",
  summary: "Blobs by digest, repository, kind or media type",
  request: { query: blobsQuery },
  responses: answers(blobPage, "A page of blobs"),
});

const blob = createRoute({
  method: "get",
  path: "/cache/blobs/{digest}",
  summary: "One blob, who holds it and which tags lead to it",
  request: { params: digestParam },
  responses: answers(blobDetails, "The blob"),
});

/** The cache, to look at. Without one every route is a 404. */
export function cacheRoutes(cache: Cache | undefined) {
  const kept = () => requireCache(cache);
  return router()
    .openapi(cachedOf, (c) => c.json({ items: registryViews(kept()) }, 200))
    .openapi(images, (c) => {
      const { page, limit, order, sort, registry, search } = c.req.valid("query");
      const { items, total } = kept().repositories({
        ...pageOf(page, limit),
        registry,
        search,
        sort: SORTS[sort],
        desc: order === "desc",
      });
      return c.json({ items: imageViews(kept(), items), total, page, limit }, 200);
    })
    .openapi(tags, (c) => {
      const { registry, repository, page, limit } = c.req.valid("query");
      const found = tagViews(kept(), `${registry}/${repository}`, pageOf(page, limit));
      return c.json({ ...found, page, limit }, 200);
    })
    .openapi(manifest, (c) => {
      const { digest } = c.req.valid("param");
      const found = manifestView(kept(), digest);
      if (!found) throw notFound(`Manifest ${digest}`);
      return c.json(found, 200);
    })
    .openapi(blobs, (c) => {
      const { page, limit, order, sort, registry, repository, ...filter } = c.req.valid("query");
      const whole = repository !== undefined && registry !== undefined;
      const listing = kept().list({
        ...filter,
        ...pageOf(page, limit),
        registry: whole ? undefined : registry,
        repository: whole ? `${registry}/${repository}` : repository,
        sort: BLOB_SORTS[sort],
        desc: order === "desc",
      });
      const { total, bytes } = listing;
      return c.json({ items: blobViews(listing), total, bytes, page, limit }, 200);
    })
    .openapi(blob, (c) => {
      const { digest } = c.req.valid("param");
      const [found] = kept().list({ digestPrefix: digest, limit: 1 }).items;
      if (found?.digest !== digest) throw notFound(digest);
      return c.json({ ...blobView(found), tags: kept().tagsTo(digest) }, 200);
    });
}

/** `cache`, or a 404 where Berth keeps nothing. */
export function requireCache(cache: Cache | undefined): Cache {
  if (cache) return cache;
  throw new ApiProblem(404, "No cache is configured", {
    type: "no-cache",
    detail: "Set cache.dir and restart Berth.",
  });
}

function pageOf(page: number, limit: number): { limit: number; offset: number } {
  return { limit, offset: (page - 1) * limit };
}
