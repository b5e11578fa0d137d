/** Who is told of what happens: `GET /webhooks`, `POST /webhooks/{name}/test`. */
import { z } from "@hono/zod-openapi";
import { count, milliseconds, time } from "../schema.ts";

/** How an attempt to deliver went. */
export const delivery = z.object({
  ok: z.boolean(),
  at: time,
  ms: milliseconds,
  /** `it answered 200`, or what went wrong. */
  text: z.string(),
}).openapi("Delivery");

export const webhook = z.object({
  name: z.string(),
  /** Of its URL, which is a secret itself. */
  host: z.string(),
  format: z.enum(["json", "slack"]),
  /** Empty: every event. */
  events: z.array(z.string()),
  /** Whether what is sent carries `X-Berth-Signature`. */
  signed: z.boolean(),
  /** Events that wait for their turn. */
  waiting: count,
  /** Events that were given up, because too many waited. */
  dropped: count,
  /** Null before the first attempt. */
  last: delivery.nullable(),
}).openapi("Webhook");

export const webhookList = z.object({ items: z.array(webhook) }).openapi("WebhookList");

export type Delivery = z.infer<typeof delivery>;
export type WebhookView = z.infer<typeof webhook>;
