import assert from "node:assert/strict";
import { DigestMismatch } from "../../../cache/errors.ts";
import {
  createMetrics,
  type Metrics,
  type MetricsSources,
} from "../../../proxy/observe/metrics.ts";
import { record } from "../../fake/records.ts";
import { evicted } from "../../fake/evicted.ts";

function fixture(sources: Partial<MetricsSources> = {}): Metrics {
  return createMetrics({
    version: "1.2.3",
    commit: "abc",
    counts: () => new Map([["docker", { pulls: 2, timeSavedMs: 1500 }]]),
    usage: () =>
      Promise.resolve({ bytes: 4096, blobs: 2, maxSize: 8192, pinnedBytes: 512, memory: 64 }),
    runningFills: () => 3,
    lostLines: () => 2,
    quotas: () => [],
    ...sources,
  });
}

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.scrape()).text.split("\n");
}

Deno.test("Metrics, requests by registry, kind and result, and their bytes", async () => {
  const metrics = fixture();
  metrics.sink(record({ bytes: 100 }));
  metrics.sink(record({ bytes: 50 }));
  metrics.sink(record({
    registry: "quay",
    cache: "miss",
    status: 200,
    bytes: 7,
    upstreamBytes: 9,
    upstreamStatus: 200,
    upstreamMs: 300,
  }));
  const text = await lines(metrics);
  for (
    const line of [
      'berth_requests_total{registry="docker",kind="blob",result="hit"} 2',
      'berth_requests_total{registry="quay",kind="blob",result="miss"} 1',
      'berth_responses_total{registry="docker",code="200"} 2',
      'berth_response_bytes_total{registry="docker",result="hit"} 150',
      'berth_upstream_bytes_total{registry="quay"} 9',
      'berth_upstream_latency_seconds_bucket{le="0.25",registry="quay"} 0',
      'berth_upstream_latency_seconds_bucket{le="0.5",registry="quay"} 1',
    ]
  ) assert.ok(text.includes(line), `${line}\n${text.join("\n")}`);
});

Deno.test("Metrics, the depot's state, where there is one", async () => {
  const none = await lines(fixture());
  assert.equal(none.some((line) => line.includes("berth_depot")), false);
  const depot = {
    ...{ problem: "", objects: 3, bytes: 4096, maxSize: 9, queued: 2 },
    ...{ gets: 5, puts: 7, errors: 1, lastError: undefined },
  };
  const metrics = fixture({ depot: () => depot });
  assert.ok((await lines(metrics)).includes("berth_depot_puts_total 7"));
  Object.assign(depot, { problem: "cache.depot.url: x", puts: 8, errors: 0 });
  const text = await lines(metrics);
  for (
    const line of [
      ...[
        "berth_depot_up 0",
        "berth_depot_capacity_bytes 9",
        "berth_depot_bytes 4096",
        "berth_depot_objects 3",
      ],
      ...["berth_depot_queue 2", "berth_depot_gets_total 5", "berth_depot_puts_total 8"],
      "berth_depot_errors_total 0",
    ]
  ) assert.ok(text.includes(line), `${line}\n${text.join("\n")}`);
});

Deno.test("Metrics, times to the first byte, and each scrape has all requests before it", async () => {
  const metrics = fixture();
  const bucket = (le: string, count: number) =>
    `berth_first_byte_seconds_bucket{le="${le}",kind="blob",result="hit"} ${count}`;
  for (const firstByteMs of [0, 0.5, 3, 30_001]) metrics.sink(record({ firstByteMs }));
  const text = await lines(metrics);
  for (
    const line of [
      bucket("0.0005", 2),
      bucket("0.0025", 2),
      bucket("0.005", 3),
      bucket("30", 3),
      bucket("+Inf", 4),
      'berth_first_byte_seconds_sum{kind="blob",result="hit"} 30.0045',
      'berth_first_byte_seconds_count{kind="blob",result="hit"} 4',
    ]
  ) assert.ok(text.includes(line), `${line}\n${text.join("\n")}`);
  metrics.sink(record({ registry: "quay", status: 404 }));
  metrics.sink(record());
  const later = await lines(metrics);
  for (
    const line of [
      bucket("0.0025", 4),
      'berth_requests_total{registry="docker",kind="blob",result="hit"} 5',
      'berth_responses_total{registry="docker",code="200"} 5',
      'berth_responses_total{registry="quay",code="404"} 1',
    ]
  ) assert.ok(later.includes(line), `${line}\n${later.join("\n")}`);
});

Deno.test("Metrics, what the proxy in front was left to send is told apart, and is not broken off", async () => {
  const metrics = fixture();
  metrics.sink(record({ bytes: 100 }));
  metrics.sink(record({ bytes: 50, ended: "handed over" }));
  const text = await lines(metrics);
  assert.ok(text.includes('berth_response_bytes_total{registry="docker",result="hit"} 150'));
  assert.ok(text.includes('berth_handed_over_bytes_total{registry="docker"} 50'));
  assert.deepEqual(text.filter((line) => line.startsWith("berth_responses_incomplete_total{")), []);
});

Deno.test("Metrics, the cache's state and events", async () => {
  const metrics = fixture({
    quotas: () => [["docker", { remaining: 12, limit: 100 }]],
  });
  const about = { digest: "sha256:ab", repository: "docker/library/alpine" };
  const error = new DigestMismatch("sha256:ab", "sha256:cd");
  for (
    const event of [
      { kind: "fill-end", ...about, size: 1, ms: 1 },
      { kind: "fill-resumed", ...about, offset: 1, error },
      { kind: "fill-failed", ...about, received: 1, error },
      evicted({ digest: "sha256:ab", size: 1000, reason: "size" }),
      evicted({ digest: "sha256:cd", size: 2000, reason: "size" }),
      { kind: "damaged", ...about, error },
      { kind: "not-stored", ...about, error },
      {
        kind: "tag-moved",
        key: { registry: "docker", repository: "library/alpine", tag: "3.22", accept: "" },
        ...{ from: "sha256:ab", to: "sha256:cd" },
      },
    ] as const
  ) metrics.onCacheEvent(event);
  const text = await lines(metrics);
  for (
    const line of [
      "berth_cache_bytes 4096",
      "berth_cache_blobs 2",
      "berth_cache_capacity_bytes 8192",
      "berth_cache_pinned_bytes 512",
      "berth_cache_memory_bytes 64",
      'berth_pulls_total{registry="docker"} 2',
      'berth_time_saved_seconds_total{registry="docker"} 1.5',
      "berth_fills_running 3",
      'berth_fills_total{result="stored"} 1',
      'berth_fills_total{result="failed"} 1',
      'berth_fills_total{result="resumed"} 1',
      'berth_evictions_total{reason="size"} 2',
      'berth_evicted_bytes_total{reason="size"} 3000',
      'berth_damaged_total{where="disk"} 1',
      'berth_damaged_total{where="upstream"} 1',
      "berth_not_stored_total 1",
      'berth_tags_moved_total{registry="docker"} 1',
      "berth_log_lines_lost_total 2",
      'berth_quota_remaining{registry="docker"} 12',
      'berth_quota_limit{registry="docker"} 100',
      `berth_build_info{version="1.2.3",commit="abc",deno="${Deno.version.deno}"} 1`,
    ]
  ) assert.ok(text.includes(line), `${line}\n${text.join("\n")}`);
});

Deno.test("Metrics, requests to registries that failed, by kind", async () => {
  const metrics = fixture();
  metrics.addUpstreamError("docker", "refused");
  metrics.addUpstreamError("docker", "refused");
  metrics.sink(record({ status: 403, upstreamError: "auth", upstreamStatus: 401 }));
  const text = await lines(metrics);
  for (
    const line of [
      'berth_upstream_errors_total{registry="docker",kind="refused"} 2',
      'berth_upstream_errors_total{registry="docker",kind="auth"} 1',
    ]
  ) assert.ok(text.includes(line), `${line}\n${text.join("\n")}`);
});

Deno.test("Metrics, a quota that is gone is no longer told", async () => {
  const quotas = new Map([["docker", { remaining: 12, limit: 100 }]]);
  const metrics = fixture({ quotas: () => quotas });
  await metrics.scrape();
  quotas.clear();
  assert.ok(!(await lines(metrics)).some((line) => line.startsWith("berth_quota_remaining{")));
});

Deno.test("Metrics, the process: values that are alive under Deno", async () => {
  const metrics = fixture();
  const value = (text: string[], name: string) =>
    Number(text.find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
  const text = await lines(metrics);
  assert.ok(value(text, "process_cpu_seconds_total") > 0);
  assert.ok(value(text, "process_resident_memory_bytes") > 1e6);
  assert.ok(value(text, "berth_heap_total_bytes") >= value(text, "berth_heap_used_bytes"));
  assert.ok(value(text, "berth_external_memory_bytes") > 0);
  assert.ok(Math.abs(value(text, "process_start_time_seconds") - Date.now() / 1000) < 3600);
  assert.ok(value(text, "berth_event_loop_lag_seconds") >= 0);
});

Deno.test("Metrics, names are berth_ or the process's own, with base units", async () => {
  const names = (await fixture().scrape()).text.matchAll(/^# TYPE (\S+) (\S+)$/gm);
  for (const [, name, type] of names) {
    assert.match(name!, /^(berth|process)_[a-z_]+$/);
    if (type === "counter") assert.match(name!, /_total$/);
    if (type === "histogram") assert.match(name!, /_seconds$/);
  }
});

Deno.test("Metrics, a disk that cannot be asked leaves out its figures and nothing else", async () => {
  const metrics = fixture({ usage: () => Promise.resolve(undefined) });
  const text = await lines(metrics);
  assert.ok(text.includes("berth_fills_running 3"));
  assert.deepEqual(text.filter((line) => /^berth_cache_(bytes|blobs|capacity)/.test(line)), []);
});
