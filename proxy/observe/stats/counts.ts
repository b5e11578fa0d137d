/** What is counted of each request, and what each number means. */
import type { CacheResult, RequestRecord } from "../record.ts";

/** The counters, in the order in which they are stored. */
export const COUNTERS = [
  "requests",
  "pulls",
  "hits",
  "misses",
  "stale",
  "errors",
  "bytesFromCache",
  "bytesFromUpstream",
  "timeSavedMs",
  "refused",
] as const;

export type Counts = Record<typeof COUNTERS[number], number>;

/** Counters at zero. */
export function zero(): Counts {
  return {
    requests: 0,
    pulls: 0,
    hits: 0,
    misses: 0,
    stale: 0,
    errors: 0,
    bytesFromCache: 0,
    bytesFromUpstream: 0,
    timeSavedMs: 0,
    refused: 0,
  };
}

/** Adds `more` to `sum` in place. */
export function add(sum: Counts, more: Readonly<Counts>): void {
  for (const counter of COUNTERS) sum[counter] += more[counter];
}

/** Sets `counts` to zero in place. */
export function clear(counts: Counts): void {
  for (const counter of COUNTERS) counts[counter] = 0;
}

/**
 * What the client got without a transfer of its own from upstream. A client that joined a running
 * fill counts as a hit: its bytes crossed the wire once, for somebody else.
 */
export function isHit(cache: CacheResult): boolean {
  return cache === "hit" || cache === "revalidated" || cache === "joined";
}

/** An answer that failed: 5xx or 429. */
export function isError(record: Pick<RequestRecord, "kind" | "path" | "status">): boolean {
  const { status } = record;
  return (status >= 500 || status === 429) && !isNotReady(record);
}

/** What `/readyz` says while parts are starting or ending is an answer, not a failure. */
function isNotReady(
  { kind, path, status }: Pick<RequestRecord, "kind" | "path" | "status">,
): boolean {
  return kind === "page" && status === 503 && path === "/readyz";
}

/** What a client was refused: the other 4xx, such as 401, 403, 404 and 405. */
export function isRefused({ status }: Pick<RequestRecord, "status">): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

/** How fast a registry has been of late. */
export interface Pace {
  /** Bytes per second of a body; 0 where nothing was measured. */
  bytesPerSecond: number;
  /** Milliseconds until response headers; 0 where nothing was measured. */
  latencyMs: number;
}

/**
 * Milliseconds that the cache saved the client, estimated: what the body would have taken at the
 * registry's recent throughput, plus its recent latency unless upstream was asked all the same.
 * Nothing is claimed for a registry that was not measured yet, nor for joining a running fill.
 */
export function timeSaved(record: RequestRecord, pace: Pace): number {
  const { cache } = record;
  if (cache !== "hit" && cache !== "revalidated" && cache !== "stale") return 0;
  const latency = record.upstreamMs > 0 ? 0 : pace.latencyMs;
  const transfer = pace.bytesPerSecond > 0 ? record.bytes / pace.bytesPerSecond * 1000 : 0;
  return latency + transfer;
}

/** Adds one request to `sum` in place; `pull` says whether it began a pull. */
export function addRequest(sum: Counts, record: RequestRecord, pull: boolean, pace: Pace): void {
  const { cache } = record;
  const hit = isHit(cache);
  sum.requests++;
  if (pull) sum.pulls++;
  if (hit) sum.hits++;
  if (cache === "miss") sum.misses++;
  if (cache === "stale") sum.stale++;
  if (isError(record)) sum.errors++;
  else if (isRefused(record)) sum.refused++;
  if (hit || cache === "stale") sum.bytesFromCache += record.bytes;
  sum.bytesFromUpstream += record.upstreamBytes;
  sum.timeSavedMs += timeSaved(record, pace);
}

const WEIGHT = 0.2;
/** Bodies below this say more about latency than about throughput. */
const LARGE = 256 * 1024;

/** `pace` after `record`: an exponentially weighted mean, the same where it says nothing. */
export function paceAfter(record: RequestRecord, pace: Pace): Pace {
  if (record.upstreamMs === 0 && record.cache !== "miss") return pace;
  const next = { ...pace };
  if (record.upstreamMs > 0 && record.upstreamStatus > 0 && record.upstreamStatus < 500) {
    next.latencyMs = mean(pace.latencyMs, record.upstreamMs);
  }
  if (record.cache === "miss" && record.upstreamBytes >= LARGE && record.ended === "complete") {
    const ms = Math.max(1, record.durationMs - record.upstreamMs);
    next.bytesPerSecond = mean(pace.bytesPerSecond, record.upstreamBytes / ms * 1000);
  }
  return next;
}

function mean(before: number, sample: number): number {
  return before === 0 ? sample : before + WEIGHT * (sample - before);
}
