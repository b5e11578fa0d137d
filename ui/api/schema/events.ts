/**
 * What happens now: `GET /events`, server-sent. Each event's name is a key of `events`, its data
 * the JSON of that schema. `id` is the `seq` of the latest request told, so that a tab that comes
 * back sends `Last-Event-ID` and is told what it missed, as far as it is remembered.
 */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, time } from "../schema.ts";
import { requestEntry } from "./activity.ts";
import { counters } from "./stats.ts";
import { status, storage } from "./status.ts";

/** A blob on its way from upstream. */
export const fill = z.object({
  /** The same while it runs. */
  id: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  registry: z.string(),
  repository: z.string(),
  /** The Berth that downloads it; empty where there is one alone. */
  member: z.string(),
  /** Bytes received so far, of `totalBytes` (null: upstream did not say). */
  receivedBytes: bytes,
  totalBytes: bytes.nullable(),
  /** Over the last few seconds. */
  bytesPerSecond: z.number().nonnegative(),
  /** Time left at that speed; null where it cannot be told. */
  leftMs: milliseconds.nullable(),
  /** Clients that stream from it as it arrives. */
  followers: count,
  startedAt: time,
  /** `resuming`: upstream broke off and is asked for the rest. `verifying`: the digest is checked. */
  state: z.enum(["running", "resuming", "verifying"]),
  /** How often upstream broke off. */
  resumes: count,
}).openapi("Fill");

/** What runs, of all members of a cluster that answer. */
export const live = z.object({
  now: time,
  /** Everything counted since `since`; these only grow. */
  total: counters,
  since: time,
  /** Over the last 60 seconds. */
  lastMinute: counters,
  /** Requests being answered. */
  active: count,
}).openapi("Live");

/** What a Berth tells of itself to others of its cluster. */
export const memberFigures = z.object({
  live,
  fills: z.array(fill),
  storage,
  /** How far it is behind the changes of the others; null where there are none to follow. */
  lagMs: milliseconds.nullable(),
}).openapi("MemberFigures");

/** A Berth of the cluster, this one first. */
export const member = z.object({
  id: z.string(),
  /** Whether it answered just now; where not, what is said of it is what it said last. */
  answers: z.boolean(),
  lastMinute: counters,
  active: count,
  fills: count,
  /** What its disk holds. */
  bytes,
  blobs: count,
  maxBytes: bytes,
  disk: storage.shape.disk,
  lagMs: milliseconds.nullable(),
}).openapi("Member");

export const verification = z.object({
  running: z.boolean(),
  checkedBlobs: count,
  totalBlobs: count,
  checkedBytes: bytes,
  startedAt: time.nullable().openapi({ description: "Null before the first run." }),
  finishedAt: time.nullable(),
  damaged: z.array(z.string()).openapi({
    description: "Digests that did not match their content and were removed.",
  }),
}).openapi("Verification");

export const events = {
  /** Once a second while it changes. */
  live,
  /** All fills that run, twice a second while there are any; an empty list ends it. */
  fills: z.array(fill),
  /** Requests as they end, gathered for up to a quarter of a second; oldest first. */
  requests: z.array(requestEntry),
  /** When it changes: health, notices, storage, a reload. */
  status,
  /** In a cluster alone: once a second while it changes. */
  members: z.array(member),
  verification,
};

export type Fill = z.infer<typeof fill>;
export type Member = z.infer<typeof member>;
export type MemberFigures = z.infer<typeof memberFigures>;
export type Live = z.infer<typeof live>;
export type Verification = z.infer<typeof verification>;
export type Events = { [Name in keyof typeof events]: z.infer<(typeof events)[Name]> };
