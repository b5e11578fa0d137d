/** The overall state, notices, registries and storage: `GET /status`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, milliseconds, time } from "../schema.ts";

export const quota = z.object({
  limit: count.openapi({ description: "How many pulls the window has.", example: 100 }),
  remaining: count,
  windowMs: milliseconds.openapi({
    description: "The window rolls: each pull counts for this long. 0 where upstream does not say.",
  }),
  resetsAt: time.nullable().openapi({
    description: "When upstream wants to be asked again (429 with Retry-After).",
  }),
  emptyAt: time.nullable().openapi({
    description:
      "When none is left at the rate of the last hour; null where that is not before the window ends.",
  }),
  measuredAt: time,
}).openapi("Quota", { description: "Pulls that upstream grants, as it said last." });

export const registryHealth = z.object({
  name: z.string().openapi({ description: "The registry.", example: "docker" }),
  state: z.enum(["ok", "idle", "limited", "refused", "failing", "offline"]).openapi({
    description:
      "`idle`: not contacted yet. `limited`: few pulls left, or none. `refused`: it rejects Berth's credentials. `failing`: it cannot be reached or answers with errors. `offline`: the configuration says that it is not contacted.",
  }),
  text: z.string().openapi({
    description: "The state in words: `12 of 100 pulls left in 6 h (rolling)`.",
  }),
  since: time.nullable().openapi({
    description: "Since when the state holds; null where that is not known.",
  }),
  lastOk: time.nullable(),
  latencyMs: milliseconds.nullable().openapi({
    description: "Recent time to upstream's headers; null where nothing was asked.",
  }),
  quota: quota.nullable(),
}).openapi("RegistryHealth");

export const notice = z.object({
  id: z.string().openapi({
    description: "Stays the same while the matter lasts: `disk-full`, `registry-failing:docker`.",
  }),
  severity: z.enum(["error", "warning", "info"]),
  title: z.string().openapi({ description: "What happened: `Disk 96 % full, evicting`." }),
  detail: z.string().openapi({ description: "To which image, and what to do next." }),
  since: time.nullable(),
  registry: z.string().openapi({ description: "Registry that it is about; empty where none." }),
  href: z.string().openapi({
    description:
      "Page that helps, as a path of the dashboard: `/cache?sort=lastUsed`; empty where none.",
  }),
}).openapi("Notice", { description: "What an operator should know, in words; the worst first." });

export const mutedNotice = notice.extend({
  until: time.nullable().openapi({
    description: "When it speaks up again; null: when the matter was over and comes again.",
  }),
}).openapi("MutedNotice", { description: "A notice that somebody muted." });

export const depot = z.object({
  problem: z.string().openapi({
    description: "Why it is not in use, beginning with the setting; empty while it is.",
  }),
  bytes,
  objects: count,
  maxBytes: bytes.openapi({ description: "`cache.depot.max_size`." }),
  queued: count.openapi({ description: "Blobs that wait to be put there." }),
  lastError: z.object({ at: time, message: z.string() }).nullable(),
}).openapi("Depot", { description: "What `cache.depot` holds and how it is doing." });

export const storage = z.object({
  bytes,
  blobs: count,
  pinnedBytes: bytes,
  maxBytes: bytes.openapi({ description: "`cache.max_size`; 0 where there is no limit." }),
  minFreeBytes: bytes.openapi({ description: "`cache.min_free`." }),
  disk: z.object({ totalBytes: bytes, freeBytes: bytes }).nullable().openapi({
    description: "The disk under `cache.dir`; null where it cannot be told.",
  }),
  memoryBytes: bytes,
  maxMemoryBytes: bytes.openapi({ description: "`cache.memory`." }),
  evicting: z.boolean(),
  outlook: z.string().default("").openapi({
    description:
      "In a sentence, how it grows and how long unused content stays; empty while too little is known.",
  }),
  /** Null where there is none. */
  depot: depot.nullable(),
}).openapi("Storage");

export const cluster = z.object({
  problem: z.string().openapi({
    description: "What is wrong between the two; empty where nothing is.",
  }),
  id: z.string().openapi({
    description: "What this one is called, and where the others reach it.",
  }),
  address: z.string(),
  peers: z.array(z.object({
    id: z.string().openapi({
      description: "What this one is called, and where the others reach it.",
    }),
    address: z.string(),
    version: z.string(),
    since: time.openapi({ description: "Since when it has been running." }),
    problem: z.string().openapi({
      description: "What is wrong between the two; empty where nothing is.",
    }),
    seen: time.nullable().openapi({
      description: "When it answered last; null where it never did.",
    }),
  })),
  shared: count.openapi({ description: "Downloads since the start that came from others." }),
  sentBytes: bytes.openapi({
    description: "Bytes of content to the others and from them since the start.",
  }),
  receivedBytes: bytes,
}).openapi("Cluster", { description: "The other Berths that share downloads with this one." });

/** Over which Berths of a cluster figures are summed up. */
export const membersAsked = z.object({
  asked: count.openapi({ description: "This one among them." }),
  silent: z.array(z.string()).openapi({
    description: "Those that did not answer in time, so that what they count is missing.",
  }),
}).openapi("MembersAsked", {
  description: "Over which Berths of a cluster figures are summed up.",
});

export const status = z.object({
  version: z.string(),
  startedAt: time,
  now: time,
  text: z.string().openapi({
    description: "The state in one sentence: `All registries reachable`.",
  }),
  empty: z.boolean().openapi({
    description: "Nothing was ever pulled: the dashboard shows how to begin.",
  }),
  notices: z.array(notice),
  muted: z.array(mutedNotice).openapi({
    description: "Notices that hold but were muted: they count neither in `text` nor for webhooks.",
  }),
  registries: z.array(registryHealth),
  storage,
  price: z.object({ perGb: z.number(), currency: z.string() }).nullable().openapi({
    description: "`savings`: what a gigabyte (1000³ bytes) costs; null where no price is set.",
  }),
  /** Null where this Berth is alone. */
  cluster: cluster.nullable(),
  registryUrl: z.string().openapi({
    description: "Address of the registry API as clients reach it: `http://192.0.2.7:8080`.",
  }),
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
