/** The audit log: `GET /audit`. */
import { z } from "@hono/zod-openapi";
import { ACTIONS, OUTCOMES, WAYS } from "../../../proxy/observe/audit/entry.ts";
import { count, moment, time } from "../schema.ts";

/** What is left out does not matter. */
export const auditQuery = z.object({
  member: z.string().optional().openapi({
    description: "The Berth of the cluster whose log it is; this one's where left out.",
  }),
  from: moment.optional().openapi({ description: "At this time or later." }),
  to: moment.optional().openapi({ description: "Before this time." }),
  user: z.string().optional().openapi({ description: "Somewhere in the user's name." }),
  action: z.enum(ACTIONS).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  before: z.coerce.number().int().positive().optional().openapi({
    description: "`next` of the page before.",
  }),
  format: z.enum(["json", "csv"]).optional().openapi({
    description: "As `Accept: text/csv` asks for, for links.",
  }),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

const auditEntry = z.object({
  id: count.openapi({ description: "Grows from entry to entry." }),
  time: time.openapi({ description: "When it was done.", example: 1767225600000 }),
  user: z.string().openapi({ description: "`ann`, `token ci`; empty where it is not known." }),
  via: z.enum(WAYS).openapi({
    description:
      "How whoever it was signed in, or what else it was: a file, a signal, the registry map.",
  }),
  address: z.string().openapi({ description: "The client's; empty where there is none." }),
  action: z.enum(ACTIONS),
  target: z.string().openapi({
    description: "The registry, image, digest, token, notice or webhook that it was done to.",
  }),
  outcome: z.enum(OUTCOMES).openapi({
    description:
      "`refused`: by who it was or was not; `failed`: by what was asked, or by an error.",
  }),
  detail: z.string().openapi({ description: "What came of it, or why not." }),
  changes: z.array(z.object({
    path: z.string().openapi({
      description: "The key of the configuration.",
      example: "cache.max_size",
    }),
    secret: z.boolean(),
    before: z.string().openapi({
      description: "The value before; empty where it was not set, or is secret.",
    }),
    after: z.string(),
  })).openapi({ description: "Values before and after; secrets are named and not told." }),
  count: count.openapi({ description: "How often the same happened within that minute." }),
}).openapi("AuditEntry");

export const auditPage = z.object({
  items: z.array(auditEntry).openapi({ description: "Newest first." }),
  next: count.nullable(),
}).openapi("AuditPage");

export type AuditQuery = z.infer<typeof auditQuery>;
export type AuditEntryView = z.infer<typeof auditEntry>;
export type AuditPage = z.infer<typeof auditPage>;
