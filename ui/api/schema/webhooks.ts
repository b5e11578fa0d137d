/** Who is told of what happens: `GET /webhooks`, `POST /webhooks/{name}/test`. */
import { z } from "@hono/zod-openapi";
import { count, milliseconds, time } from "../schema.ts";

export const delivery = z.object({
  ok: z.boolean(),
  at: time,
  ms: milliseconds,
  text: z.string().openapi({ description: "`it answered 200`, or what went wrong." }),
}).openapi("Delivery", { description: "How an attempt to deliver went." });

export const webhook = z.object({
  name: z.string(),
  host: z.string().openapi({ description: "Of its URL, which is a secret itself." }),
  format: z.enum(["json", "slack"]),
  events: z.array(z.string()).openapi({ description: "Empty: every event." }),
  signed: z.boolean().openapi({ description: "Whether what is sent carries `X-Berth-Signature`." }),
  waiting: count.openapi({ description: "Events that wait for their turn." }),
  dropped: count.openapi({ description: "Events that were given up, because too many waited." }),
  /** Null before the first attempt. */
  last: delivery.nullable(),
}).openapi("Webhook");

export const webhookList = z.object({ items: z.array(webhook) }).openapi("WebhookList");

export type Delivery = z.infer<typeof delivery>;
export type WebhookView = z.infer<typeof webhook>;
