/** `GET /webhooks`, `POST /webhooks/{name}/test`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { Webhooks } from "../../../proxy/notify/webhooks.ts";
import { note } from "../identity.ts";
import { notFound } from "../problem.ts";
import { answers, router } from "../route.ts";
import { delivery, webhookList } from "../schema/webhooks.ts";

const list = createRoute({
  method: "get",
  path: "/webhooks",
  summary: "The webhooks, without their URLs and secrets, and how the last delivery went",
  responses: answers(webhookList, "Every webhook of the configuration"),
});

const test = createRoute({
  method: "post",
  path: "/webhooks/{name}/test",
  summary: "Send a test to a webhook, once and at once",
  request: { params: z.object({ name: z.string() }) },
  responses: answers(delivery, "How it went"),
});

/** The webhooks of the configuration in force. */
export function webhookRoutes(webhooks: Webhooks) {
  return router()
    .openapi(list, (c) => {
      const items = webhooks.states().map(({ events, last, ...state }) => ({
        ...state,
        events: [...events],
        last: last ?? null,
      }));
      return c.json({ items }, 200);
    })
    .openapi(test, async (c) => {
      const { name } = c.req.valid("param");
      note(c, { target: name });
      const went = await webhooks.test(name);
      if (!went) throw notFound(`Webhook "${name}"`);
      note(c, { detail: went.text });
      return c.json(went, 200);
    });
}
