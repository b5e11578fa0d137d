import assert from "node:assert/strict";
import {
  addRequest,
  type Counts,
  isError,
  paceAfter,
  timeSaved,
  zero,
} from "../../../../proxy/observe/stats/counts.ts";
import type { RequestRecord } from "../../../../proxy/observe/record.ts";
import { record } from "../../../fake/records.ts";

const PACE = { bytesPerSecond: 1000, latencyMs: 200 };

Deno.test("isError, failures and refusals, not ordinary answers", () => {
  const table: [Partial<RequestRecord>, boolean][] = [
    [{ status: 200 }, false],
    [{ status: 401, error: "UNAUTHORIZED" }, false],
    [{ status: 404, error: "MANIFEST_UNKNOWN" }, false],
    [{ status: 429, error: "TOOMANYREQUESTS" }, true],
    [{ status: 502 }, true],
    [{ status: 200, error: "BLOB_UNKNOWN" }, false],
    // Whoever asks whether Berth is ready has an answer; anything else that fails there is a failure.
    [{ kind: "page", path: "/readyz", status: 503 }, false],
    [{ kind: "page", path: "/readyz", status: 500 }, true],
    [{ kind: "page", path: "/", status: 503 }, true],
    [{ kind: "manifest", path: "/readyz", status: 503 }, true],
  ];
  for (const [fields, expected] of table) {
    assert.equal(isError(record(fields)), expected, JSON.stringify(fields));
  }
});

Deno.test("timeSaved, size at the registry's pace plus its latency", () => {
  const table: [Partial<RequestRecord>, number][] = [
    [{ cache: "hit", bytes: 5000 }, 5200],
    [{ cache: "stale", bytes: 5000 }, 5200],
    [{ cache: "revalidated", bytes: 5000, upstreamMs: 180 }, 5000],
    [{ cache: "joined", bytes: 5000 }, 0],
    [{ cache: "miss", bytes: 5000 }, 0],
  ];
  for (const [fields, expected] of table) {
    assert.equal(timeSaved(record(fields), PACE), expected, JSON.stringify(fields));
  }
  assert.equal(timeSaved(record(), { bytesPerSecond: 0, latencyMs: 0 }), 0);
});

Deno.test("paceAfter, learns throughput from large misses, latency from answers", () => {
  const nothing = { bytesPerSecond: 0, latencyMs: 0 };
  const large = record({
    cache: "miss",
    upstreamBytes: 1e6,
    upstreamStatus: 200,
    upstreamMs: 100,
    durationMs: 1100,
  });
  assert.deepEqual(paceAfter(large, nothing), { bytesPerSecond: 1e6, latencyMs: 100 });
  assert.deepEqual(paceAfter(large, { bytesPerSecond: 2e6, latencyMs: 200 }), {
    bytesPerSecond: 1.8e6,
    latencyMs: 180,
  });
  assert.equal(paceAfter({ ...large, upstreamBytes: 10 }, nothing).bytesPerSecond, 0);
  assert.equal(paceAfter({ ...large, ended: "client closed" }, nothing).bytesPerSecond, 0);
  assert.equal(paceAfter({ ...large, upstreamStatus: 503 }, nothing).latencyMs, 0);
});

function countsOf(request: RequestRecord, pull: boolean): Counts {
  const counts = zero();
  addRequest(counts, request, pull, PACE);
  return counts;
}

Deno.test("addRequest, a joined fill is a hit, a revalidated tag too", () => {
  for (const cache of ["hit", "joined", "revalidated"] as const) {
    const counts = countsOf(record({ cache, bytes: 10 }), true);
    assert.deepEqual([counts.hits, counts.bytesFromCache, counts.pulls], [1, 10, 1], cache);
  }
  const miss = countsOf(record({ cache: "miss", bytes: 10, upstreamBytes: 10 }), false);
  assert.deepEqual([miss.misses, miss.bytesFromCache, miss.bytesFromUpstream], [1, 0, 10]);
});
