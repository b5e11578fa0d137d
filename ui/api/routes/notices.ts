/** `/notices/{id}/mute`: what somebody knows of already. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { type Mutes, UNTIL_OVER } from "../../../proxy/observe/stats/mutes.ts";
import { note } from "../identity.ts";
import type { Present } from "../present.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, body, done, router } from "../route.ts";
import { time } from "../schema.ts";
import { mutedNotice } from "../schema/status.ts";

const params = z.object({ id: z.string() });

const mute = createRoute({
  method: "post",
  path: "/notices/{id}/mute",
  summary: "Mute a notice: on the dashboard's headline and for webhooks",
  request: {
    params,
    /** `until`: when it speaks up again; null or left out: when it was over and comes again. */
    body: body(z.object({ until: time.nullable().default(null) })),
  },
  responses: answers(mutedNotice, "Muted"),
});

const unmute = createRoute({
  method: "delete",
  path: "/notices/{id}/mute",
  summary: "Unmute a notice",
  request: { params },
  responses: done("Not muted"),
});

interface NoticeDeps {
  present: Present;
  mutes: Mutes;
  /** Unix milliseconds. */
  now: () => number;
}

/** Muting notices. Only what holds at the moment can be muted. */
export function noticeRoutes({ present, mutes, now }: NoticeDeps) {
  return router()
    .openapi(mute, async (c) => {
      const { id } = c.req.valid("param");
      const { until } = c.req.valid("json");
      note(c, { target: id });
      await present.refresh();
      const notice = present.notices().find((one) => one.id === id);
      if (!notice) throw notFound(`Notice "${id}"`);
      if (until !== null && until <= now()) throw past();
      mutes.set(id, until ?? UNTIL_OVER);
      note(c, { detail: until === null ? "until it is over" : `until ${dateOf(until)}` });
      return c.json({ ...notice, until }, 200);
    })
    .openapi(unmute, (c) => {
      const { id } = c.req.valid("param");
      note(c, { target: id });
      mutes.set(id, undefined);
      return c.body(null, 204);
    });
}

/** `time` in Unix milliseconds, however far away. */
function dateOf(time: number): string {
  return new Date(Math.min(time, 8.64e15)).toISOString();
}

function past(): ApiProblem {
  const fields = [{
    path: "until",
    message: "expected a time in the future, in Unix milliseconds",
  }];
  return new ApiProblem(422, "Invalid request", { type: "invalid-request", fields });
}
