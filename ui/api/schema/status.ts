/** The overall state, notices, registries and storage: `GET /status`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, time } from "../schema.ts";

/** Pulls that upstream grants, as it said last. */
export const quota = z.object({
  limit: count,
  remaining: count,
  /** The window rolls: each pull counts for this long. 0 where upstream does not say. */
  windowMs: milliseconds,
  /** When upstream wants to be asked again (429 with Retry-After). */
  resetsAt: time.nullable(),
  /** When none is left at the rate of the last hour; null where that is not before the window ends. */
  emptyAt: time.nullable(),
  measuredAt: time,
}).openapi("Quota");

export const registryHealth = z.object({
  name: z.string(),
  /**
   * `idle`: not contacted yet. `limited`: few pulls left, or none. `refused`: it does not accept our
   * sign-in. `failing`: it cannot be reached or answers with errors. `offline`: the configuration says
   * that it is not contacted.
   */
  state: z.enum(["ok", "idle", "limited", "refused", "failing", "offline"]),
  /** The state in words: `12 of 100 pulls left in 6 h (rolling)`. */
  text: z.string(),
  /** Since when the state holds; null where that is not known. */
  since: time.nullable(),
  lastOk: time.nullable(),
  /** Recent time to upstream's headers; null where nothing was asked. */
  latencyMs: milliseconds.nullable(),
  quota: quota.nullable(),
}).openapi("RegistryHealth");

/** What an operator should know, in words; the worst first. */
export const notice = z.object({
  /** Stays the same while the matter lasts: `disk-full`, `registry-failing:docker`. */
  id: z.string(),
  severity: z.enum(["error", "warning", "info"]),
  /** What happened: `Disk 96 % full, evicting`. */
  title: z.string(),
  /** To which image, and what to do next. */
  detail: z.string(),
  since: time.nullable(),
  /** Registry that it is about; empty where none. */
  registry: z.string(),
  /** Page that helps, as a path of the dashboard: `/cache?sort=lastUsed`; empty where none. */
  href: z.string(),
}).openapi("Notice");

/** A notice that somebody muted. */
export const mutedNotice = notice.extend({
  /** When it speaks up again; null: when the matter was over and comes again. */
  until: time.nullable(),
}).openapi("MutedNotice");

/** What `cache.depot` holds and how it is doing. */
export const depot = z.object({
  /** Why it is not in use, beginning with the setting; empty while it is. */
  problem: z.string(),
  bytes,
  objects: count,
  /** `cache.depot.max_size`. */
  maxBytes: bytes,
  /** Blobs that wait to be put there. */
  queued: count,
  lastError: z.object({ at: time, message: z.string() }).nullable(),
}).openapi("Depot");

export const storage = z.object({
  bytes,
  blobs: count,
  pinnedBytes: bytes,
  /** `cache.max_size`; 0 where there is no limit. */
  maxBytes: bytes,
  /** `cache.min_free`. */
  minFreeBytes: bytes,
  /** The disk under `cache.dir`; null where it cannot be told. */
  disk: z.object({ totalBytes: bytes, freeBytes: bytes }).nullable(),
  memoryBytes: bytes,
  /** `cache.memory`. */
  maxMemoryBytes: bytes,
  evicting: z.boolean(),
  /** In a sentence, how it grows and how long unused content stays; empty while too little is known. */
  outlook: z.string().default(""),
  /** Null where there is none. */
  depot: depot.nullable(),
}).openapi("Storage");

/** The other Berths that share downloads with this one. */
export const cluster = z.object({
  /** What keeps this one from sharing; empty where nothing does. */
  problem: z.string(),
  /** What this one is called, and where the others reach it. */
  id: z.string(),
  address: z.string(),
  peers: z.array(z.object({
    id: z.string(),
    address: z.string(),
    version: z.string(),
    /** Since when it has been running. */
    since: time,
    /** What is wrong between the two; empty where nothing is. */
    problem: z.string(),
    /** When it answered last; null where it never did. */
    seen: time.nullable(),
  })),
  /** Downloads since the start that came from others. */
  shared: count,
  /** Bytes of content to the others and from them since the start. */
  sentBytes: bytes,
  receivedBytes: bytes,
}).openapi("Cluster");

/** Over which Berths of a cluster figures are summed up. */
export const membersAsked = z.object({
  /** This one among them. */
  asked: count,
  /** Those that did not answer in time, so that what they count is missing. */
  silent: z.array(z.string()),
}).openapi("MembersAsked");

export const status = z.object({
  version: z.string(),
  startedAt: time,
  /** The server's clock. */
  now: time,
  /** The state in one sentence: `All registries reachable`. */
  text: z.string(),
  /** Nothing was ever pulled: the dashboard shows how to begin. */
  empty: z.boolean(),
  notices: z.array(notice),
  /** Notices that hold but were muted: they count neither in `text` nor for webhooks. */
  muted: z.array(mutedNotice),
  registries: z.array(registryHealth),
  storage,
  /** `savings`: what a gigabyte (1000³ bytes) costs; null where no price is set. */
  price: z.object({ perGb: z.number(), currency: z.string() }).nullable(),
  /** Null where this Berth is alone. */
  cluster: cluster.nullable(),
  /** Address of the registry API as clients reach it: `http://192.0.2.7:8080`. */
  registryUrl: z.string(),
}).openapi("Status");

export type MembersAsked = z.infer<typeof membersAsked>;
export type Quota = z.infer<typeof quota>;
export type RegistryHealth = z.infer<typeof registryHealth>;
export type Notice = z.infer<typeof notice>;
export type MutedNotice = z.infer<typeof mutedNotice>;

export type Depot = z.infer<typeof depot>;
export type ClusterView = z.infer<typeof cluster>;
export type Storage = z.infer<typeof storage>;
export type Status = z.infer<typeof status>;
