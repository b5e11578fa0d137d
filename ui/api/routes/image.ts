/** `/cache/image`, `/cache/manifests/{digest}/config`: one image; `/cache/growth`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Cache } from "../../../cache/api.ts";
import { notFound } from "../problem.ts";
import { answers, router } from "../route.ts";
import { type CacheGrowth, cacheGrowth } from "../schema/cache.ts";
import { imageConfig, imageDetails, imageQuery } from "../schema/image.ts";
import { configView, imageView } from "../views/image.ts";
import { requireCache } from "./cache.ts";

const image = createRoute({
  method: "get",
  path: "/cache/image",
  summary: "One image: its platforms, and what is known here about it",
  description: "Tells what is cached; the registry is not asked.",
  request: { query: imageQuery },
  responses: answers(imageDetails, "The image"),
});

const config = createRoute({
  method: "get",
  path: "/cache/manifests/{digest}/config",
  summary: "What a manifest's image config says: entry point, labels, history",
  description: "Read from the cache; the registry is not asked.",
  request: { params: z.object({ digest: z.string() }) },
  responses: answers(imageConfig, "The config, as far as it is cached"),
});

const growth = createRoute({
  method: "get",
  path: "/cache/growth",
  summary: "The size of the cache over 30 days, and when it will be full",
  responses: answers(cacheGrowth, "A sample a day, and what follows from them"),
});

interface ImageRouteDeps {
  /** None: every route is a 404. */
  cache: Cache | undefined;
  /** Registries by name. */
  registries: () => Record<string, { url: string }>;
  growth: () => CacheGrowth;
}

/** What is cached of one image, and how the cache grows. */
export function imageRoutes({ cache, registries, growth: growthNow }: ImageRouteDeps) {
  const kept = () => requireCache(cache);
  return router()
    .openapi(image, async (c) => {
      const { registry, ...rest } = c.req.valid("query");
      const url = registries()[registry]?.url ?? "";
      const found = await imageView(kept(), { registry, ...rest }, url);
      if (!found) throw notFound(`Image ${registry}/${rest.repository}, ${rest.reference}`);
      return c.json(found, 200);
    })
    .openapi(config, async (c) => {
      const { digest } = c.req.valid("param");
      const found = await configView(kept(), digest);
      if (!found) throw notFound(`Manifest ${digest}`);
      return c.json(found, 200);
    })
    .openapi(growth, (c) => {
      kept();
      return c.json(growthNow(), 200);
    });
}
