/**
 * Prometheus metrics: one object is fed by requests and fills, and asks the cache and the quotas
 * for their state when it is scraped. Label values come from closed sets: registry names of the
 * map, kinds, results, status codes.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { collectProcessMetrics, gaugeOf } from "./process_metrics.ts";
import type { RecordSink, RequestRecord } from "./record.ts";

/** What is read at each scrape. */
export interface MetricsSources {
  version: string;
  /** What the cache holds now; `capacity` in bytes, 0 for no limit. */
  usage: () => { bytes: number; blobs: number; capacity: number };
  /** Fills under way. */
  runningFills: () => number;
  /** What registries have said of their limits. */
  quotas: () => Iterable<{ registry: string; remaining: number; limit: number }>;
}

export interface Metrics {
  /** Counts one request. */
  sink: RecordSink;
  /** Counts the end of a fill, or one resumption of it. */
  fill: (event: "stored" | "failed" | "resumed") => void;
  /** Counts blobs removed to make room, by age or by hand. */
  evicted: (reason: EvictionReason, blobs: number, bytes: number) => void;
  /** Counts content found damaged, on disk or from upstream. */
  damaged: (where: "disk" | "upstream") => void;
  /** The exposition text and its content type. */
  scrape: () => Promise<{ text: string; contentType: string }>;
}

export type EvictionReason = "size" | "age" | "disk" | "request";

const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics in a registry of their own; nothing is global. */
export function createMetrics(sources: MetricsSources): Metrics {
  const register = new Registry();
  collectProcessMetrics(register);
  collectState(register, sources);
  const { fill, evicted, damaged } = cacheEvents(register);
  return {
    sink: requestMetrics(register),
    fill,
    evicted,
    damaged,
    scrape: async () => ({ text: await register.metrics(), contentType: register.contentType }),
  };
}

function requestMetrics(register: Registry): RecordSink {
  const registers = [register];
  const requests = new Counter({
    name: "berth_requests_total",
    help: "Requests by registry, kind and how the cache answered.",
    labelNames: ["registry", "kind", "result"] as const,
    registers,
  });
  const responses = new Counter({
    name: "berth_responses_total",
    help: "Responses by registry and status code.",
    labelNames: ["registry", "code"] as const,
    registers,
  });
  const sent = new Counter({
    name: "berth_response_bytes_total",
    help: "Body bytes sent to clients, by how the cache answered.",
    labelNames: ["registry", "result"] as const,
    registers,
  });
  const fetched = new Counter({
    name: "berth_upstream_bytes_total",
    help: "Body bytes read from upstream.",
    labelNames: ["registry"] as const,
    registers,
  });
  const firstByte = new Histogram({
    name: "berth_first_byte_seconds",
    help: "Time until response headers, by kind and how the cache answered.",
    labelNames: ["kind", "result"] as const,
    buckets: [0.0005, 0.001, 0.0025, ...LATENCY_SECONDS],
    registers,
  });
  const latency = new Histogram({
    name: "berth_upstream_latency_seconds",
    help: "Time until upstream's response headers.",
    labelNames: ["registry"] as const,
    buckets: LATENCY_SECONDS,
    registers,
  });
  return (record: RequestRecord): void => {
    const { registry, kind, cache: result } = record;
    requests.inc({ registry, kind, result });
    responses.inc({ registry, code: String(record.status) });
    sent.inc({ registry, result }, record.bytes);
    firstByte.observe({ kind, result }, record.firstByteMs / 1000);
    if (record.upstreamBytes > 0) fetched.inc({ registry }, record.upstreamBytes);
    if (record.upstreamStatus > 0) latency.observe({ registry }, record.upstreamMs / 1000);
  };
}

function cacheEvents(register: Registry): Pick<Metrics, "fill" | "evicted" | "damaged"> {
  const registers = [register];
  const fills = new Counter({
    name: "berth_fills_total",
    help: "Fills that were stored, that failed, and how often one was resumed.",
    labelNames: ["result"] as const,
    registers,
  });
  const evictions = new Counter({
    name: "berth_evictions_total",
    help: "Blobs evicted, by reason.",
    labelNames: ["reason"] as const,
    registers,
  });
  const evictedBytes = new Counter({
    name: "berth_evicted_bytes_total",
    help: "Bytes freed by evictions, by reason.",
    labelNames: ["reason"] as const,
    registers,
  });
  const damages = new Counter({
    name: "berth_damaged_total",
    help: "Content that did not match its digest, on disk or as upstream sent it.",
    labelNames: ["where"] as const,
    registers,
  });
  for (const result of ["stored", "failed", "resumed"]) fills.inc({ result }, 0);
  for (const reason of ["size", "age", "disk", "request"]) evictions.inc({ reason }, 0);
  for (const where of ["disk", "upstream"]) damages.inc({ where }, 0);
  return {
    fill: (result) => fills.inc({ result }),
    evicted: (reason, blobs, bytes) => {
      evictions.inc({ reason }, blobs);
      evictedBytes.inc({ reason }, bytes);
    },
    damaged: (where) => damages.inc({ where }),
  };
}

function collectState(register: Registry, sources: MetricsSources): void {
  const { usage, runningFills } = sources;
  gaugeOf(register, "berth_cache_bytes", "Bytes held.", () => usage().bytes);
  gaugeOf(register, "berth_cache_blobs", "Blobs held.", () => usage().blobs);
  gaugeOf(register, "berth_cache_capacity_bytes", "Bytes that the cache may hold.", () => {
    return usage().capacity;
  });
  gaugeOf(register, "berth_fills_running", "Fills under way.", runningFills);
  quotaGauge(register, sources, "remaining", "Pulls that a registry has left, as it last said.");
  quotaGauge(register, sources, "limit", "Pulls that a registry allows in its window.");
  new Gauge({
    name: "berth_build_info",
    help: "1, with the version of Berth and Deno.",
    labelNames: ["version", "deno"] as const,
    registers: [register],
  }).set({ version: sources.version, deno: Deno.version.deno }, 1);
}

function quotaGauge(
  register: Registry,
  sources: MetricsSources,
  field: "remaining" | "limit",
  help: string,
): void {
  new Gauge({
    name: `berth_quota_${field}`,
    help,
    labelNames: ["registry"] as const,
    registers: [register],
    collect() {
      this.reset();
      for (const quota of sources.quotas()) this.set({ registry: quota.registry }, quota[field]);
    },
  });
}
