/** What Berth says of each answer is what its client got: in the log, the metrics and the dashboard. */
import assert from "node:assert/strict";
import type { RequestRecord } from "../../proxy/observe/record.ts";
import { image, OCI_LAYER, type Stored } from "../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import type { Fault } from "../fake/wire.ts";
import { type Berth, type Settings, startBerth } from "./harness/berth.ts";
import { curl } from "./harness/curl.ts";
import { makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { finish } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

const MIB = 2 ** 20;
/** More than two sockets hold. */
const LARGE = 32 * MIB;
const app = image({ layers: [LARGE, 3 * MIB, 5000] });
const [large, medium, small] = app.blobs.filter(({ mediaType }) => mediaType === OCI_LAYER) as [
  Stored,
  Stored,
  Stored,
];

interface Lab extends AsyncDisposable {
  readonly berth: Berth;
  readonly upstream: FakeRegistry;
  url(blob: Stored): string;
  fault(blob: Stored, action: Fault["action"], times?: number): void;
  /** The records of the requests so far, in which all three agree, once there are `count` GETs. */
  told(count: number): Promise<RequestRecord[]>;
  /** Bytes from upstream, as the metrics have them. */
  fetched(): Promise<number>;
}

async function startLab(settings: Settings = {}): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry({ images: { "app:latest": app } }));
  const admin = `127.0.0.1:${freePort()}`;
  const berth = stack.use(
    await startBerth({
      registries: { docker: { url: upstream.url, library: false } },
      upstream: { retries: 0 },
      log: { format: "json" },
      admin: { listen: admin, auth: "none" },
      ...settings,
    }),
  );
  const owned = stack.move();
  return {
    berth,
    upstream,
    url: ({ digest }) => `${berth.url}/v2/app/blobs/${digest}`,
    fault: ({ digest }, action, times = Infinity) =>
      upstream.fault({ path: new RegExp(digest), action, times }),
    told: (count) => told(berth, `http://${admin}`, count),
    async fetched() {
      const metrics = await (await fetch(`http://${admin}/metrics`)).text();
      return Number(/^berth_upstream_bytes_total{registry="docker"} (\d+)$/m.exec(metrics)?.[1]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function told(berth: Berth, admin: string, count: number): Promise<RequestRecord[]> {
  let lines: RequestRecord[] = [];
  await until(`${count} requests in the log`, async () => {
    lines = logged(await berth.output());
    return lines.filter(({ method }) => method === "GET").length >= count;
  });
  const activity = await (await fetch(`${admin}/api/v1/activity?registry=docker`)).json();
  const shown = (activity.items as (RequestRecord & { seq: number })[]).toReversed();
  assert.deepEqual(shown.map(({ seq: _, ...record }) => record), lines);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  assert.deepEqual(
    counted(metrics, "berth_response_bytes_total", "result"),
    sums(lines, "cache", ({ bytes }) => bytes),
  );
  assert.deepEqual(
    counted(metrics, "berth_responses_total", "code"),
    sums(lines, "status", () => 1),
  );
  assert.deepEqual(
    counted(metrics, "berth_responses_incomplete_total", "end"),
    sums(lines.filter(({ ended }) => ended !== "complete"), "ended", () => 1),
  );
  return lines;
}

/** The requests of a log in JSON, as the dashboard shows them. */
function logged(output: string): RequestRecord[] {
  const lines = output.split("\n").slice(0, -1); // The last is not whole, or nothing.
  return lines.filter((line) => line.includes('"logger":"request"')).map((line) => {
    const entry = JSON.parse(line);
    const { level: _, logger: __, started, errorMessage, ...record } = entry;
    for (const attempt of record.attempts) attempt.at = Date.parse(attempt.at);
    return { ...record, time: Date.parse(started), message: errorMessage };
  });
}

/** What a counter of the registry `docker` says, by its other label; what is 0 left out. */
function counted(metrics: string, name: string, label: string): Record<string, number> {
  const line = new RegExp(`^${name}{registry="docker",${label}="([^"]*)"} (\\d+)$`, "gm");
  const found = [...metrics.matchAll(line)].map(([, value, count]) => [value!, Number(count)]);
  return Object.fromEntries(found.filter(([, count]) => count !== 0));
}

/** What that counter has to say of `records`. */
function sums(
  records: readonly RequestRecord[],
  label: "cache" | "status" | "ended",
  amount: (record: RequestRecord) => number,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records) {
    if (amount(record) > 0) sums[record[label]] = (sums[record[label]] ?? 0) + amount(record);
  }
  return sums;
}

/** What a record says of the answer itself. */
function outcome({ status, cache, ended, bytes, error }: RequestRecord): unknown[] {
  return [status, cache, ended, bytes, error];
}

/** A client that leaves when it has had `bytes`. */
async function leaveAfter(url: string, bytes: number, flags = ""): Promise<void> {
  const { stdout } = await finish("sh", ["-c", `curl -sN ${flags} ${url} | head -c ${bytes}`]);
  assert.equal(stdout.length, bytes);
}

async function held(url: string): Promise<void> {
  await until("the blob is held", async () => {
    const { headers } = await curl(url, { flags: ["--head"] });
    return headers.get("cache-status") === "berth; hit";
  });
}

Deno.test("truth, answers that reach their end are told with the bytes that the client got", async () => {
  await using lab = await startLab();
  lab.fault(small, { kind: "no-length" });
  const url = lab.url(medium);
  const unknown = lab.url({ ...medium, digest: `sha256:${"0".repeat(64)}` });
  const range = await curl(url, { headers: { range: "bytes=2000000-2000099" } });
  await held(url);
  const got = [
    range,
    await curl(url),
    await curl(lab.url(small)),
    await curl(lab.url(small)),
    await curl(url, { headers: { range: "bytes=0-9,100-199" } }),
    await curl(url, { headers: { range: "bytes=99999999-" } }),
    await curl(url, { headers: { "if-none-match": `"${medium.digest}"` } }),
    await curl(unknown),
  ];
  const records = await lab.told(got.length);
  const gets = records.filter(({ method }) => method === "GET");
  assert.deepEqual(
    gets.map(({ status, bytes }) => [status, bytes]),
    got.map(({ status, body }) => [status, body.length]),
  );
  assert.deepEqual(gets.map(outcome), [
    [206, "miss", "complete", 100, ""],
    [200, "hit", "complete", 3 * MIB, ""],
    [200, "miss", "complete", 5000, ""],
    [200, "hit", "complete", 5000, ""],
    [206, "hit", "complete", got[4]!.body.length, ""],
    [416, "none", "complete", got[5]!.body.length, "RANGE_INVALID"],
    [304, "hit", "complete", 0, ""],
    [404, "none", "complete", got[7]!.body.length, "BLOB_UNKNOWN"],
  ]);
  assert.equal(gets[0]!.upstreamBytes, 100);
  assert.ok(await lab.fetched() >= 100 + 3 * MIB + 5000);
  const heads = records.filter(({ method }) => method === "HEAD");
  assert.ok(heads.every(({ bytes, ended }) => bytes === 0 && ended === "complete"));
});

for (const chunked of [false, true]) {
  Deno.test(`truth, a registry that breaks off is told to all who wait (chunked: ${chunked})`, async () => {
    await using lab = await startLab();
    lab.fault(large, { kind: "cut", after: 2 * MIB, chunked });
    const got = await Promise.all([curl(lab.url(large)), curl(lab.url(large))]);
    const records = await lab.told(2);
    for (const { status, ended, bytes, error } of records) {
      assert.deepEqual([status, ended, error], [200, "upstream broke off", "UNAVAILABLE"]);
      assert.ok(bytes <= 2 * MIB, String(bytes));
    }
    for (const { code, body } of got) {
      assert.equal(code, 18, "curl knows that it is not the whole");
      assert.ok(records.some(({ bytes }) => bytes >= body.length && bytes - body.length <= MIB));
    }
  });
}

Deno.test("truth, what is passed on as it comes and breaks off is told", async () => {
  const range = `bytes=2000000-${2_000_000 + MIB - 1}`;
  for (const cached of [true, false]) {
    await using lab = await startLab(cached ? {} : { cache: { dir: "" } });
    lab.fault(medium, { kind: "cut", after: MIB / 2 }, 1);
    const { status, body, code } = await curl(
      lab.url(medium),
      cached ? { headers: { range } } : {},
    );
    assert.equal(code, 18);
    const [record] = await lab.told(1);
    const { cache, ended, bytes, upstreamBytes } = record!;
    assert.deepEqual([record!.status, cache, ended], [
      status,
      cached ? "miss" : "pass",
      "upstream broke off",
    ]);
    assert.ok(bytes >= body.length && bytes <= MIB / 2, String(bytes));
    // What is fetched behind it counts here, too, as long as it runs.
    assert.ok(cached ? upstreamBytes >= bytes : upstreamBytes === bytes, String(upstreamBytes));
  }
});

Deno.test("truth, wrong content is told as damaged, or as an error where it is small", async () => {
  await using lab = await startLab();
  lab.fault(medium, { kind: "corrupt" });
  lab.fault(small, { kind: "corrupt" });
  const broken = await curl(lab.url(medium));
  const refused = await curl(lab.url(small));
  assert.deepEqual([broken.status, broken.code, refused.status], [200, 18, 502]);
  const [first, second] = await lab.told(2) as [RequestRecord, RequestRecord];
  assert.deepEqual([first.status, first.cache, first.ended], [200, "miss", "damaged"]);
  assert.ok(first.bytes >= broken.body.length && first.bytes < 3 * MIB, String(first.bytes));
  assert.deepEqual(outcome(second).slice(0, 4), [502, "none", "complete", refused.body.length]);
});

Deno.test("truth, clients that leave are told with what they took; upstream's bytes are all counted", async () => {
  await using lab = await startLab();
  const url = lab.url(large);
  const gate = Promise.withResolvers<void>();
  lab.fault(large, { kind: "stall", after: 8 * MIB, until: gate.promise }, 1);
  await leaveAfter(url, MIB);
  await lab.told(1);
  const stays = fetch(url);
  await leaveAfter(url, MIB);
  await lab.told(2);
  gate.resolve();
  assert.equal((await (await stays).bytes()).length, LARGE);
  await held(url);
  await leaveAfter(url, MIB);
  const records = (await lab.told(4)).filter(({ method }) => method === "GET");
  assert.deepEqual(records.map(({ status, cache, ended }) => [status, cache, ended]), [
    [200, "miss", "client closed"],
    [200, "joined", "client closed"],
    [200, "joined", "complete"],
    [200, "hit", "client closed"],
  ]);
  const bytes = records.map(({ bytes }) => bytes);
  assert.ok(bytes.every((count) => count >= MIB), String(bytes));
  assert.ok(bytes[0]! <= 8 * MIB && bytes[1]! <= 8 * MIB, String(bytes));
  assert.equal(bytes[2], LARGE);
  assert.ok(bytes[3]! < LARGE, String(bytes));
  assert.equal(await lab.fetched(), LARGE);
});

Deno.test("truth, over HTTP/2 the same is told", async () => {
  await using scratch = await scratchDir("tls");
  const authority = await makeAuthority(scratch.path);
  const server = await makeServerCertificate(scratch.path, authority);
  await using lab = await startLab({
    tls: { cert_file: server.certFile, key_file: server.keyFile },
  });
  const flags = ["--http2", "--cacert", authority.certFile];
  lab.fault(medium, { kind: "cut", after: 2 * MIB });
  const broken = await curl(lab.url(medium), { flags });
  assert.equal(broken.code, 92, "HTTP/2 says so by RST_STREAM");
  const whole = await curl(lab.url(large), { flags });
  assert.equal(whole.body.length, LARGE);
  await leaveAfter(lab.url(large), MIB, flags.join(" "));
  const records = await lab.told(3);
  assert.deepEqual(records.map(({ status, cache, ended }) => [status, cache, ended]), [
    [200, "miss", "upstream broke off"],
    [200, "miss", "complete"],
    [200, "hit", "client closed"],
  ]);
  const [first, second, third] = records.map(({ bytes }) => bytes) as [number, number, number];
  assert.ok(first >= broken.body.length && first <= 2 * MIB, String(first));
  assert.equal(second, LARGE);
  assert.ok(third >= MIB && third < LARGE, String(third));
});

/** A client that asks for `url` and reads the first byte of the answer. */
async function askAndWait(url: string): Promise<Deno.TcpConn> {
  const { hostname, port, pathname } = new URL(url);
  const socket = await Deno.connect({ hostname, port: Number(port) });
  await socket.write(new TextEncoder().encode(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`));
  await socket.read(new Uint8Array(1));
  return socket;
}

Deno.test("truth, a client that takes nothing more is told as stalled", async () => {
  await using lab = await startLab({ timeouts: { send: "500ms" } });
  await curl(lab.url(large));
  using _ = await askAndWait(lab.url(large));
  const [, stalled] = await lab.told(2);
  const { status, cache, ended, bytes } = stalled!;
  assert.deepEqual([status, cache, ended], [200, "hit", "client stalled"]);
  assert.ok(bytes < LARGE, String(bytes));
});

Deno.test("truth, what Berth's own end breaks off is told as stopped", async () => {
  await using lab = await startLab({ shutdown_grace: "100ms" });
  await curl(lab.url(large));
  using _ = await askAndWait(lab.url(large));
  lab.fault(medium, { kind: "stall", after: MIB });
  const begun = Promise.withResolvers<void>();
  const broken = curl(lab.url(medium), { headed: begun.resolve });
  await begun.promise;
  assert.equal(await lab.berth.stop(), 0);
  assert.equal((await broken).code, 18);
  const records = logged(await lab.berth.output());
  assert.deepEqual(records.map(({ status, cache, ended }) => [status, cache, ended]).sort(), [
    [200, "hit", "stopped"],
    [200, "miss", "complete"],
    [200, "miss", "stopped"],
  ]);
  for (const { bytes, ended } of records) assert.ok(ended === "complete" || bytes < LARGE);
});
