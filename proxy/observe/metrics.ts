/**
 * Prometheus metrics: one object is fed by requests and fills, and asks the cache and the quotas for
 * their state when it is scraped. Label values come from closed sets: registry names of the map,
 * kinds, results, status codes.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { DepotUsage } from "../../cache/depot_options.ts";
import { DigestMismatch } from "../../cache/errors.ts";
import type { CacheListener } from "../../cache/events.ts";
import { collectProcessMetrics, gaugeOf, totalOf } from "./process_metrics.ts";
import { RequestCounts } from "./request_counts.ts";
import type { RecordSink, RequestRecord } from "./record.ts";

/** What is read at each scrape. */
export interface MetricsSources {
  version: string;
  /** Of the source; empty where the program was not compiled. */
  commit: string;
  /** What the cache holds now and may hold, in bytes; undefined where its disk cannot be asked. */
  usage: () => Promise<CacheFigures | undefined>;
  /** Counters of each registry since the start. */
  counts: () => ReadonlyMap<string, { pulls: number; timeSavedMs: number }>;
  /** Fills under way. */
  runningFills: () => number;
  /** How the depot is doing, where there is one. */
  depot?: (() => DepotUsage) | undefined;
  /** Lines of the log that could not be written since the start. */
  lostLines: () => number;
  /** What registries have said of their limits. */
  quotas: () => Iterable<[registry: string, quota: QuotaFigures]>;
}

/** In bytes, but for `blobs`. */
interface CacheFigures {
  bytes: number;
  blobs: number;
  maxSize: number;
  pinnedBytes: number;
  memory: number;
}

/** Pulls; undefined where the registry did not say. */
interface QuotaFigures {
  remaining: number | undefined;
  limit: number | undefined;
}

export interface Metrics {
  /** Counts one request; of Berth's own, ahead of clients, what it asked of upstream. */
  sink: RecordSink;
  /** Counts content that came from upstream for a request which had been counted before. */
  addUpstreamBytes(registry: string, bytes: number): void;
  /** Counts a request to upstream that failed, by its kind. */
  addUpstreamError(registry: string, kind: string): void;
  /** Counts what the cache reports of fills, evictions and damage. */
  onCacheEvent: CacheListener;
  /** Where other parts add metrics of their own, to be scraped with these. */
  register: Registry;
  /** The exposition text and its content type. */
  scrape: () => Promise<{ text: string; contentType: string }>;
}

const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics in a registry of their own; nothing is global. */
export function createMetrics(sources: MetricsSources): Metrics {
  const register = new Registry();
  collectProcessMetrics(register);
  collectState(register, sources);
  const { settle, ...requests } = requestMetrics(register);
  return {
    ...requests,
    onCacheEvent: cacheMetrics(register),
    register,
    async scrape() {
      settle();
      return { text: await register.metrics(), contentType: register.contentType };
    },
  };
}

function requestMetrics(
  register: Registry,
): Pick<Metrics, "sink" | "addUpstreamBytes" | "addUpstreamError"> & { settle(): void } {
  const registers = [register];
  const fetched = new Counter({
    name: "berth_upstream_bytes_total",
    help: "Body bytes read from upstream.",
    labelNames: ["registry"] as const,
    registers,
  });
  const handedOver = new Counter({
    name: "berth_handed_over_bytes_total",
    help: "Body bytes left to the proxy in front or to the depot to send.",
    labelNames: ["registry"] as const,
    registers,
  });
  const broken = new Counter({
    name: "berth_responses_incomplete_total",
    help: "Responses whose body did not reach its end, by how it ended.",
    labelNames: ["registry", "end"] as const,
    registers,
  });
  const failed = new Counter({
    name: "berth_upstream_errors_total",
    help: "Requests to registries, their token servers and storages that failed, by kind.",
    labelNames: ["registry", "kind"] as const,
    registers,
  });
  const latency = new Histogram({
    name: "berth_upstream_latency_seconds",
    help: "Time until upstream's response headers.",
    labelNames: ["registry"] as const,
    buckets: LATENCY_SECONDS,
    registers,
  });
  const counts = new RequestCounts(register, [0.0005, 0.001, 0.0025, ...LATENCY_SECONDS]);
  const sink = (record: RequestRecord): void => {
    const { registry } = record;
    const ofClient = record.via !== "prefetch";
    if (ofClient) counts.add(record);
    if (record.upstreamBytes > 0) fetched.inc({ registry }, record.upstreamBytes);
    if (record.upstreamStatus > 0) latency.observe({ registry }, record.upstreamMs / 1000);
    // A registry that rejects a user name and password has answered, which is no failed request.
    if (record.upstreamError === "auth" && record.upstreamStatus > 0) {
      failed.inc({ registry, kind: "auth" });
    }
    if (!ofClient) return;
    if (record.ended === "handed over") handedOver.inc({ registry }, record.bytes);
    else if (record.ended !== "complete") broken.inc({ registry, end: record.ended });
  };
  return {
    sink,
    addUpstreamBytes: (registry, bytes) => fetched.inc({ registry }, bytes),
    addUpstreamError: (registry, kind) => failed.inc({ registry, kind }),
    settle: () => counts.settle(),
  };
}

function cacheMetrics(register: Registry): CacheListener {
  const labelled = <Label extends string>(name: string, help: string, label: Label) =>
    new Counter({ name, help, labelNames: [label], registers: [register] });
  const fills = labelled(
    "berth_fills_total",
    "Fills that were stored, that failed, and how often one was resumed.",
    "result",
  );
  const evictions = labelled("berth_evictions_total", "Blobs evicted, by reason.", "reason");
  const freed = labelled("berth_evicted_bytes_total", "Bytes freed, by reason.", "reason");
  const damages = labelled(
    "berth_damaged_total",
    "Content that did not match its digest, on disk, in the depot or as upstream sent it.",
    "where",
  );
  const moved = labelled(
    "berth_tags_moved_total",
    "Tags that were found to stand for another digest than before.",
    "registry",
  );
  const notStored = new Counter({
    name: "berth_not_stored_total",
    help: "Content passed on without being stored: disk full, read-only, or too large.",
    registers: [register],
  });
  for (const result of ["stored", "failed", "resumed"]) fills.inc({ result }, 0);
  for (const reason of ["size", "age", "disk", "asked"]) {
    evictions.inc({ reason }, 0);
    freed.inc({ reason }, 0);
  }
  for (const where of ["disk", "depot", "upstream"]) damages.inc({ where }, 0);
  return (event) => {
    switch (event.kind) {
      case "fill-end":
        return fills.inc({ result: "stored" });
      case "fill-resumed":
        return fills.inc({ result: "resumed" });
      case "fill-failed":
        if (event.error instanceof DigestMismatch) damages.inc({ where: "upstream" });
        return fills.inc({ result: "failed" });
      case "evicted":
        evictions.inc({ reason: event.reason });
        return freed.inc({ reason: event.reason }, event.size);
      case "tag-moved":
        return moved.inc({ registry: event.key.registry });
      case "damaged":
        return damages.inc({ where: event.where ?? "disk" });
      case "not-stored":
        return notStored.inc();
    }
  };
}

function collectState(register: Registry, sources: MetricsSources): void {
  const { usage, runningFills } = sources;
  gaugeOf(register, "berth_cache_bytes", "Bytes held.", async () => (await usage())?.bytes);
  gaugeOf(register, "berth_cache_blobs", "Blobs held.", async () => (await usage())?.blobs);
  gaugeOf(register, "berth_cache_capacity_bytes", "Bytes that the cache may hold.", async () => {
    return (await usage())?.maxSize;
  });
  gaugeOf(register, "berth_cache_pinned_bytes", "Bytes that pins hold.", async () => {
    return (await usage())?.pinnedBytes;
  });
  gaugeOf(register, "berth_cache_memory_bytes", "Bytes of content kept in memory.", async () => {
    return (await usage())?.memory;
  });
  counterOf(
    register,
    "berth_pulls_total",
    "Images that clients pulled.",
    sources,
    (it) => it.pulls,
  );
  counterOf(
    register,
    "berth_time_saved_seconds_total",
    "Time that the cache saved clients, estimated from the recent pace of each registry.",
    sources,
    ({ timeSavedMs }) => timeSavedMs / 1000,
  );
  gaugeOf(register, "berth_fills_running", "Fills under way.", runningFills);
  if (sources.depot) collectDepot(register, sources.depot);
  totalOf(
    register,
    "berth_log_lines_lost_total",
    "Lines of the log that could not be written: disk full, or a reader that has gone.",
    sources.lostLines,
  );
  quotaGauge(register, sources, "remaining", "Pulls that a registry has left, as it last said.");
  quotaGauge(register, sources, "limit", "Pulls that a registry allows in its window.");
  new Gauge({
    name: "berth_build_info",
    help: "1, with the version and commit of Berth, and the version of Deno.",
    labelNames: ["version", "commit", "deno"] as const,
    registers: [register],
  }).set({ version: sources.version, commit: sources.commit, deno: Deno.version.deno }, 1);
}

/** A counter by registry of what is counted elsewhere. */
function counterOf(
  register: Registry,
  name: string,
  help: string,
  { counts }: MetricsSources,
  value: (counts: { pulls: number; timeSavedMs: number }) => number,
): void {
  new Counter({
    name,
    help,
    labelNames: ["registry"] as const,
    registers: [register],
    collect() {
      this.reset();
      for (const [registry, counted] of counts()) {
        if (registry !== "") this.inc({ registry }, value(counted));
      }
    },
  });
}

function collectDepot(register: Registry, usage: () => DepotUsage): void {
  const gauge = (name: string, help: string, value: (usage: DepotUsage) => number) =>
    gaugeOf(register, `berth_depot_${name}`, help, () => value(usage()));
  const counter = (name: string, help: string, value: (usage: DepotUsage) => number) =>
    totalOf(register, `berth_depot_${name}_total`, help, () => value(usage()));
  gauge("up", "Whether the depot is in use.", ({ problem }) => problem === "" ? 1 : 0);
  gauge("bytes", "Bytes that the depot is known to hold.", ({ bytes }) => bytes);
  gauge("capacity_bytes", "cache.depot.max_size.", ({ maxSize }) => maxSize);
  gauge("objects", "Objects that the depot is known to hold.", ({ objects }) => objects);
  gauge("queue", "Blobs that wait to be put into the depot.", ({ queued }) => queued);
  counter("gets", "Fills that came from the depot.", ({ gets }) => gets);
  counter("puts", "Objects put into the depot.", ({ puts }) => puts);
  counter("errors", "Requests to the depot that failed.", ({ errors }) => errors);
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
      for (const [registry, { [field]: value }] of sources.quotas()) {
        if (value !== undefined) this.set({ registry }, value);
      }
    },
  });
}
