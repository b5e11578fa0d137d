/**
 * An hour of everything that happens to requests; then dashboard, `/metrics`, log and
 * `berth cache stat` say the same, number by number.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cacheCommand } from "../../../cli/cache_command.ts";
import { serveControl } from "../../../cli/cache_socket.ts";
import { noteImageUse } from "../../../cli/books.ts";
import { requestLine } from "../../../proxy/observe/log_format.ts";
import type { RequestRecord } from "../../../proxy/observe/record.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";
import { image, OCI_LAYER } from "../../fake/content.ts";
import { type Pair, pair, stored } from "../../fake/pair.ts";

const MINUTE = 60_000;
const HUB = "hub";
const app = image({ layers: [3_000_000, 2000, 1000] });
const other = image({ seed: 2, layers: [4_000_000, 500] });
const [large] = other.blobs.filter(({ mediaType }) => mediaType === OCI_LAYER);
const MANIFEST = { accept: "application/vnd.oci.image.manifest.v1+json" };

interface Hour extends Pair {
  admin: AdminFixture;
  /** Lines of the log, as JSON. */
  lines: Record<string, unknown>[];
  records: RequestRecord[];
}

async function begin(): Promise<Hour> {
  await using stack = new AsyncDisposableStack();
  const admin = stack.use(await adminFixture("", {}, { retries: 0, backoff: () => 0 }));
  const records: RequestRecord[] = [];
  const lines: Record<string, unknown>[] = [];
  const { stats, metrics, cache } = admin;
  cache.onEvent(metrics.onCacheEvent);
  const parts = {
    now: () => admin.clock.now,
    onRecord(record: RequestRecord) {
      noteImageUse(cache, record);
      lines.push(JSON.parse(requestLine(record, "json")));
      stats.sink(record);
      metrics.sink(record);
      records.push(record);
    },
    onLateBytes(registry: string, bytes: number) {
      stats.addUpstreamBytes(registry, bytes);
      metrics.addUpstreamBytes(registry, bytes);
    },
    onUpstreamError: metrics.addUpstreamError,
  };
  const registry = { images: { "org/app:latest": app, "org/other:1": other } };
  const both = stack.use(await pair({ registry, parts }, cache));
  const owned = stack.move();
  return { ...both, admin, lines, records, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Plays `what`, then waits for its `count` records and lets five minutes pass. */
async function play(hour: Hour, count: number, what: () => Promise<unknown>): Promise<void> {
  const before = hour.records.length;
  await what();
  while (hour.records.length < before + count) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await stored(hour.admin);
  hour.admin.clock.now += 5 * MINUTE;
}

/** The hour; what comes out of it is known, but for the bytes of what broke off. */
async function playHour(hour: Hour): Promise<void> {
  const { proxy, upstream } = hour;
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await proxy.get(`/v2/org/${path}`, init);
    await response.bytes().catch(() => {}); // What breaks off is what is wanted then.
    return response.status;
  };
  const pull = async (name = "app", tag = "latest", from = app) => {
    assert.equal(await get(`${name}/manifests/${tag}`, { headers: MANIFEST }), 200);
    for (const { digest } of from.blobs) assert.equal(await get(`${name}/blobs/${digest}`), 200);
  };
  await play(hour, 5, () => pull());
  await play(hour, 5, () => pull());
  await play(hour, 2, async () => {
    await get("app/manifests/latest", { method: "HEAD", headers: MANIFEST });
    await get(`app/blobs/${app.blobs[1]!.digest}`, { method: "HEAD" });
  });
  await play(hour, 2, async () => {
    const path = `app/blobs/${app.blobs[1]!.digest}`;
    assert.equal(await get(path, { headers: { range: "bytes=10-109" } }), 206);
    assert.equal(await get(path, { headers: { range: "bytes=9000000-" } }), 416);
  });
  await play(hour, 3, async () => {
    assert.equal(await get("app/manifests/none", { headers: MANIFEST }), 404);
    assert.equal(await get("app/manifests/latest", { method: "DELETE" }), 405);
    assert.equal(await get("app/tags/list"), 200);
  });
  await play(hour, 1, async () => {
    upstream.fault({ path: /blobs/, action: { kind: "cut", after: 1_000_000 } });
    assert.equal(await get(`other/blobs/${large!.digest}`), 200);
  });
  await play(hour, 1, async () => {
    const gate = Promise.withResolvers<void>();
    const stall = { kind: "stall", after: 1_000_000, until: gate.promise } as const;
    upstream.fault({ path: /blobs/, action: stall });
    const aborter = new AbortController();
    const response = await proxy.get(`/v2/org/other/blobs/${large!.digest}`, {
      signal: aborter.signal,
    });
    const reader = response.body!.getReader();
    await reader.read();
    aborter.abort();
    await reader.cancel().catch(() => {});
    while (hour.records.at(-1)?.ended !== "client closed") {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    gate.resolve();
  });
  await play(hour, 1, async () => {
    upstream.fault({ path: /manifests/, action: { kind: "answer", status: 429 } });
    assert.equal(await get("other/manifests/1", { headers: MANIFEST }), 429);
  });
  await play(hour, 3, async () => {
    upstream.fault({ action: { kind: "close" }, times: Infinity });
    assert.equal(await get("app/manifests/latest", { headers: MANIFEST }), 200);
    assert.ok(await get("other/manifests/1", { headers: MANIFEST }) >= 500);
    assert.equal(await get(`app/blobs/${app.blobs[0]!.digest}`), 200);
    upstream.clearFaults();
  });
  await play(hour, 4, () => pull("other", "1", other));
}

/** Samples of `/metrics` of the registry, by name, added up over what `wanted` takes. */
function metricOf(text: string) {
  return (name: string, wanted: (labels: string) => boolean = () => true): number =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{([^}]*)\\})? (\\S+)$`, "gm"))]
      .filter(([, labels = ""]) => labels === "" || labels.includes(`registry="${HUB}"`))
      .filter(([, labels = ""]) => wanted(labels))
      .reduce((sum, [, , value]) => sum + Number(value), 0);
}

type Line = Record<string, unknown> & { status: number; cache: string; bytes: number };

/** What the log comes to, in the words of the dashboard. */
function counted(lines: readonly Line[]) {
  const count = (wanted: (line: Line) => boolean) => lines.filter(wanted).length;
  const sum = (wanted: (line: Line) => boolean, key: string) =>
    lines.filter(wanted).reduce((sum, line) => sum + Number(line[key]), 0);
  const isHit = ({ cache }: Line) => ["hit", "joined", "revalidated"].includes(cache);
  const isError = ({ status }: Line) => status >= 500 || status === 429;
  return {
    requests: lines.length,
    hits: count(isHit),
    misses: count(({ cache }) => cache === "miss"),
    stale: count(({ cache }) => cache === "stale"),
    errors: count(isError),
    refused: count((line) => line.status >= 400 && !isError(line)),
    bytesFromCache: sum((line) => isHit(line) || line.cache === "stale", "bytes"),
  };
}

Deno.test("an hour, dashboard, metrics, log and cache stat say the same", async () => {
  await using hour = await begin();
  const { admin } = hour;
  await playHour(hour);
  assert.ok(admin.clock.now - Date.UTC(2026, 0, 15, 12) <= 60 * MINUTE);
  const json = async (path: string) => await (await admin.call(path)).json();
  const text = await (await admin.ask("/metrics", {
    headers: { cookie: await admin.login() },
  })).text();
  const metric = metricOf(text);
  const { total } = await json(`/stats?period=1h&registry=${HUB}`);
  const lines = hour.lines as Line[];

  // The log and the dashboard.
  const { pulls, bytesFromUpstream, timeSavedMs: _, ...shown } = total;
  assert.deepEqual(shown, counted(lines));
  // What was played, as far as it is not a matter of luck how much got through.
  assert.deepEqual(
    [shown.requests, shown.stale, shown.errors, shown.refused, pulls],
    [27, 1, 2, 3, 5],
  );
  // The metrics and the dashboard.
  const results = (...names: string[]) => (labels: string) =>
    names.some((name) => labels.includes(`result="${name}"`));
  const codes = (pattern: RegExp) => (labels: string) =>
    pattern.test(/code="(\d+)"/.exec(labels)?.[1] ?? "");
  const hit = results("hit", "joined", "revalidated");
  assert.deepEqual({
    requests: metric("berth_requests_total"),
    hits: metric("berth_requests_total", hit),
    misses: metric("berth_requests_total", results("miss")),
    stale: metric("berth_requests_total", results("stale")),
    errors: metric("berth_responses_total", codes(/^(5..|429)$/)),
    refused: metric("berth_responses_total", codes(/^4(?!29)/)),
    bytesFromCache: metric(
      "berth_response_bytes_total",
      results("hit", "joined", "revalidated", "stale"),
    ),
  }, shown);
  assert.equal(metric("berth_pulls_total"), pulls);
  assert.equal(metric("berth_upstream_bytes_total"), bytesFromUpstream);
  assert.equal(
    metric("berth_response_bytes_total"),
    lines.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const incomplete = lines.filter(({ ended }) => ended !== "complete").map(({ ended }) => ended);
  assert.deepEqual(incomplete.sort(), ["client closed", "upstream broke off"]);
  assert.equal(metric("berth_responses_incomplete_total"), 2);

  // Each request, and the lists that the tiles lead to.
  const { items } = await json("/activity?limit=500");
  assert.deepEqual(
    items.map(({ id }: { id: string }) => id).reverse(),
    hour.records.map(({ id }) => id),
  );
  const failed = await json("/activity?errors=true");
  assert.equal(failed.items.length, shown.errors);
  const refused = await json("/activity?refused=true");
  assert.equal(refused.items.length, shown.refused);
  await assertSameStorage(hour, text);
});

/** What is stored: the disk, the catalog, the dashboard, the metrics, and the command line. */
async function assertSameStorage({ admin }: Hour, metrics: string): Promise<void> {
  const dir = join(admin.dir, "data");
  const control = serveControl(admin.cache, dir);
  const out: string[] = [];
  const code = await cacheCommand("cache stat", ["--json", "--cache-dir", dir], {
    env: {},
    cwd: "/",
    print: (line) => void out.push(line),
    complain: (line) => assert.fail(line),
    now: Date.now,
    options: ({ cache }) => ({ dir: cache.dir }),
  });
  assert.equal(code, 0);
  const { bytes, blobs, pinnedBytes } = JSON.parse(out.join(""));
  await control?.[Symbol.asyncDispose]();
  const all = [...app.manifests, ...app.blobs, ...other.manifests, ...other.blobs];
  assert.equal(blobs, all.length);
  assert.equal(bytes, all.reduce((sum, blob) => sum + blob.bytes.length, 0));
  const { storage } = await (await admin.call("/status")).json();
  assert.deepEqual(
    [storage.bytes, storage.blobs, storage.pinnedBytes],
    [bytes, blobs, pinnedBytes],
  );
  const metric = metricOf(metrics);
  assert.equal(metric("berth_cache_bytes"), bytes);
  assert.equal(metric("berth_cache_blobs"), blobs);
  const images = await (await admin.call("/cache/images?sort=repository&order=asc")).json();
  // The manifest requests that the cache answered, of each alone.
  assert.deepEqual(
    images.items.map(({ repository, hits }: { repository: string; hits: number }) => [
      repository,
      hits,
    ]),
    [["org/app", 3], ["org/other", 0]],
  );
}
