/** What is known of tags that are kept fresh, and what that cost and saved. Plain values. */
import { z } from "zod";

/** How often clients pulled a tag of late. */
export interface PulledTag {
  registry: string;
  /** As upstream names it: `library/nginx`. */
  repository: string;
  tag: string;
  pulls: number;
}

/** What became of a tag in the last look. */
export interface TagLook {
  /** `docker/library/nginx:1.27` */
  image: string;
  pulls: number;
  /** `skipped`: the registry's quota is to be left to clients. */
  state: "waiting" | "same" | "running" | "fetched" | "skipped" | "failed";
  /** Why it failed or was skipped; else empty. */
  error: string;
}

/** Counted since `since`, in Unix milliseconds; 0: nothing was counted yet. */
export interface Totals {
  since: number;
  /** Tags that were looked at. */
  checks: number;
  /** Those of them that stood for something that was not here. */
  moved: number;
  /** Questions to registries, repeated ones too. */
  requests: number;
  /** Manifests that were fetched, which registries count as pulls. */
  pulls: number;
  /** Bytes from upstream. */
  bytes: number;
  /** Clients' pulls of a tag that had moved and whose new content was here. */
  found: number;
  /** Bytes that these clients had from here, and the milliseconds that fetching them would have taken. */
  savedBytes: number;
  savedMs: number;
}

/** What outlives a restart. */
export interface LearnedState {
  /** Unix milliseconds at which the last look began; null: there was none. */
  last: number | null;
  totals: Totals;
  /** Digests of what was not fetched whole, and is tried again. */
  unfinished: readonly string[];
}

export const NO_TOTALS: Totals = {
  ...{ since: 0, checks: 0, moved: 0, requests: 0, pulls: 0, bytes: 0 },
  ...{ found: 0, savedBytes: 0, savedMs: 0 },
};

export const NO_STATE: LearnedState = { last: null, totals: NO_TOTALS, unfinished: [] };

/** `totals` and what was counted at `now`. */
export function addTo(totals: Totals, more: Partial<Totals>, now: number): Totals {
  const sum = { ...totals, since: totals.since || now };
  for (const name of COUNTERS) sum[name] += more[name] ?? 0;
  return sum;
}

const COUNTERS = [
  ...["checks", "moved", "requests", "pulls", "bytes", "found", "savedBytes", "savedMs"] as const,
];

export const learnedSchema: z.ZodType<LearnedState> = z.object({
  last: z.number().nullable(),
  totals: z.object({
    since: z.number(),
    checks: z.number(),
    moved: z.number(),
    requests: z.number(),
    pulls: z.number(),
    bytes: z.number(),
    found: z.number(),
    savedBytes: z.number(),
    savedMs: z.number(),
  }),
  unfinished: z.array(z.string()),
});
