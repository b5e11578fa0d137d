/** What changes the cache: `/cache/evictions`, `/cache/pins`, `/cache/verify`, `DELETE /cache/…`. */
import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { Cache } from "../../../cache/api.ts";
import { evict, planView, selectorOf, setPins } from "../evictions.ts";
import { evictedWords, selectionWords } from "../views/audit.ts";
import { type AdminEnv, note } from "../identity.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, body, router } from "../route.ts";
import {
  evicted,
  evictionPlan,
  type ImageName,
  pinRequest,
  pinResult,
  selection,
  verifyRequest,
} from "../schema/cache.ts";
import { verification } from "../schema/events.ts";
import type { Verifier } from "../verifier.ts";
import { requireCache } from "./cache.ts";

const plan = createRoute({
  method: "post",
  path: "/cache/evictions/plan",
  summary: "What an eviction would remove and free",
  request: { body: body(selection) },
  responses: answers(evictionPlan, "Nothing was evicted"),
});

const run = createRoute({
  method: "post",
  path: "/cache/evictions",
  summary: "Evict everything that is selected",
  request: { body: body(selection) },
  responses: answers(evicted, "What was evicted"),
});

const removeBlob = createRoute({
  method: "delete",
  path: "/cache/blobs/{digest}",
  summary: "Evict one blob",
  request: { params: z.object({ digest: z.string() }) },
  responses: answers(evicted, "Evicted"),
});

const image = {
  method: "delete",
  summary: "Evict a repository, or one tag of it, with what nothing else holds",
  request: {
    params: z.object({ registry: z.string(), repository: z.string() }),
    query: z.object({ tag: z.string().optional() }),
  },
  responses: answers(evicted, "Evicted"),
} as const;

const removeImage = createRoute({ ...image, path: "/cache/images/{registry}/{repository}" });

/** Repositories have slashes, which OpenAPI's paths have no word for. */
const removeNestedImage = createRoute({
  ...image,
  path: "/cache/images/:registry/:repository{.+}",
  hide: true,
});

const pin = createRoute({
  method: "post",
  path: "/cache/pins",
  summary: "Pin or unpin images or digests",
  request: { body: body(pinRequest) },
  responses: answers(pinResult, "How many digests were pinned or unpinned"),
});

const verify = createRoute({
  method: "post",
  path: "/cache/verify",
  summary: "Verify stored content against its digests, in the background",
  request: { body: body(verifyRequest) },
  responses: answers(verification, "Started"),
});

const verifying = createRoute({
  method: "get",
  path: "/cache/verify",
  summary: "How far the verification is",
  responses: answers(verification, "The run, or the last one"),
});

/** The cache, to steer. Without one every change is a 404. */
export function upkeepRoutes(cache: Cache | undefined, verifier: Verifier) {
  const kept = () => requireCache(cache);
  const evictImage = async (c: Context<AdminEnv>, image: ImageName) => {
    note(c, { target: selectionWords({ images: [image] }) });
    const { registry, repository, tag } = image;
    const gone = await evict(kept(), { repository: `${registry}/${repository}`, tag }, false);
    note(c, { detail: evictedWords(gone) });
    return gone;
  };
  return router()
    .openapi(plan, (c) => {
      const chosen = c.req.valid("json");
      return c.json(planView(kept(), selectorOf(chosen), chosen.pinned), 200);
    })
    .openapi(run, async (c) => {
      const chosen = c.req.valid("json");
      note(c, { target: selectionWords(chosen) });
      const gone = await evict(kept(), selectorOf(chosen), chosen.pinned);
      note(c, { detail: evictedWords(gone) });
      return c.json(gone, 200);
    })
    .openapi(removeBlob, async (c) => {
      const { digest } = c.req.valid("param");
      note(c, { target: digest });
      if (!kept().stat(digest)) throw notFound(digest);
      const gone = await evict(kept(), { digest }, false);
      if (gone.digests === 0) throw stays(digest, kept().stat(digest)?.pinned ?? false);
      note(c, { detail: evictedWords(gone) });
      return c.json(gone, 200);
    })
    .openapi(removeImage, async (c) => {
      const image = { ...c.req.valid("param"), tag: c.req.valid("query").tag };
      return c.json(await evictImage(c, image), 200);
    })
    .openapi(removeNestedImage, async (c) => {
      const image = { ...c.req.valid("param"), tag: c.req.valid("query").tag };
      return c.json(await evictImage(c, image), 200);
    })
    .openapi(pin, (c) => {
      const chosen = c.req.valid("json");
      note(c, { action: chosen.pinned ? "pin" : "unpin", target: selectionWords(chosen) });
      return c.json({ digests: setPins(kept(), chosen) }, 200);
    })
    .openapi(verify, (c) => {
      note(c, { target: selectionWords(c.req.valid("json")) || "everything" });
      return c.json(verifier.start(kept(), c.req.valid("json").digests), 200);
    })
    .openapi(verifying, (c) => c.json(verifier.state, 200));
}

function stays(digest: string, pinned: boolean): ApiProblem {
  return pinned
    ? new ApiProblem(409, "It is pinned", { type: "pinned", detail: `Unpin ${digest} first.` })
    : new ApiProblem(409, "In use: being read or downloaded", {
      type: "in-use",
      detail: "Try again in a moment.",
    });
}
