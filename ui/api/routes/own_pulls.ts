/** What Berth pulls itself: `POST /pulls`, `GET /pulls/running`, `GET|DELETE /pulls/{id}`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { BadImage } from "../../../proxy/ahead/image.ts";
import { type ImageProgress, type Pull, sumsOf } from "../../../proxy/ahead/progress.ts";
import type { Pulls } from "../../../proxy/ahead/pulls.ts";
import { nameOf, note } from "../identity.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, body, done, router } from "../route.ts";
import { newPull, pullDetails, pullSummaries } from "../schema/own_pulls.ts";

const begin = createRoute({
  method: "post",
  path: "/pulls",
  summary: "Pull images into the cache now, before a client asks",
  request: { body: body(newPull) },
  responses: answers(pullDetails, "It has begun"),
});

const running = createRoute({
  method: "get",
  path: "/pulls/running",
  summary: "The pulls that Berth makes itself: those that run, and the last ones that are over",
  responses: answers(pullSummaries, "Pulls, the newest first"),
});

const one = { request: { params: z.object({ id: z.string() }) } };

const show = createRoute({
  ...one,
  method: "get",
  path: "/pulls/{id}",
  summary: "How far such a pull is, part by part",
  responses: answers(pullDetails, "The pull"),
});

const cancel = createRoute({
  ...one,
  method: "delete",
  path: "/pulls/{id}",
  summary: "Call such a pull off; what has come stays",
  responses: done("It ends"),
});

/** Pulls by hand. Without a cache there are none. */
export function pullRoutes(pulls: Pulls | undefined) {
  return router()
    .openapi(begin, (c) => {
      if (!pulls) throw notFound("A cache");
      const wanted = c.req.valid("json");
      note(c, { target: wanted.images.join(" ") });
      try {
        const pull = pulls.start(wanted, { by: nameOf(c.get("identity")) });
        return c.json(detailsOf(pull), 200);
      } catch (error) {
        if (!(error instanceof BadImage)) throw error;
        throw new ApiProblem(422, "This cannot be pulled", {
          type: "not-pulled",
          detail: error.message,
        });
      }
    })
    .openapi(running, (c) => {
      const items = (pulls?.list() ?? []).map((pull) => ({
        ...headOf(pull),
        images: pull.images.map(imageOf),
      }));
      return c.json({ items }, 200);
    })
    .openapi(show, (c) => {
      const { id } = c.req.valid("param");
      const pull = pulls?.get(id);
      if (!pull) throw notFound(`Pull ${id}`);
      return c.json(detailsOf(pull), 200);
    })
    .openapi(cancel, (c) => {
      const { id } = c.req.valid("param");
      note(c, { target: pulls?.get(id)?.wanted.images.join(" ") ?? id });
      if (!pulls?.cancel(id)) throw notFound(`Running pull ${id}`);
      return c.body(null, 204);
    });
}

function detailsOf(pull: Pull) {
  const images = pull.images.map((image) => ({ ...imageOf(image), parts: image.parts }));
  return { ...headOf(pull), images };
}

function headOf({ id, by, startedAt, endedAt, state }: Pull) {
  return { id, by, startedAt, endedAt, state };
}

function imageOf({ parts, ...image }: ImageProgress) {
  return { ...image, ...sumsOf(parts) };
}
