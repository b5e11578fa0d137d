/** The audit log: `GET /audit`. */
import { z } from "@hono/zod-openapi";
import { ACTIONS, OUTCOMES, WAYS } from "../../../proxy/observe/audit/entry.ts";
import { count, moment, time } from "../schema.ts";

/** What is left out does not matter. */
export const auditQuery = z.object({
  /** The Berth of the cluster whose log it is; this one's where left out. */
  member: z.string().optional(),
  /** At this time or later. */
  from: moment.optional(),
  /** Before this time. */
  to: moment.optional(),
  /** Somewhere in the user's name. */
  user: z.string().optional(),
  action: z.enum(ACTIONS).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  /** `next` of the page before. */
  before: z.coerce.number().int().positive().optional(),
  /** As `Accept: text/csv` asks for, for links. */
  format: z.enum(["json", "csv"]).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

export const auditEntry = z.object({
  /** Grows from entry to entry. */
  id: count,
  time,
  /** `ann`, `token ci`; empty where it is not known. */
  user: z.string(),
  /** How whoever it was signed in, or what else it was: a file, a signal, the registry map. */
  via: z.enum(WAYS),
  /** The client's; empty where there is none. */
  address: z.string(),
  action: z.enum(ACTIONS),
  /** The registry, image, digest, token, notice or webhook that it was done to. */
  target: z.string(),
  /** `refused`: by who it was or was not; `failed`: by what was asked, or by an error. */
  outcome: z.enum(OUTCOMES),
  /** What came of it, or why not. */
  detail: z.string(),
  /** Values before and after; secrets are named and not told. */
  changes: z.array(z.object({
    path: z.string(),
    secret: z.boolean(),
    before: z.string(),
    after: z.string(),
  })),
  /** How often the same happened within that minute. */
  count,
}).openapi("AuditEntry");

export const auditPage = z.object({
  /** Newest first. */
  items: z.array(auditEntry),
  /** What to send as `before` for the next page; null at the end. */
  next: count.nullable(),
}).openapi("AuditPage");

export type AuditQuery = z.infer<typeof auditQuery>;
export type AuditEntryView = z.infer<typeof auditEntry>;
export type AuditPage = z.infer<typeof auditPage>;
