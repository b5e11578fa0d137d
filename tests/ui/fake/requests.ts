/** Made-up requests and fills. */
import type { RequestEntry } from "../../../ui/api/schema/activity.ts";
import type { Fill } from "../../../ui/api/schema/events.ts";
import { IMAGES, LAYER } from "./cache.ts";
import { digestOf, MIB, randomNumbers, type Scenario } from "./world.ts";

/** Requests numbered up to `count`, newest first, about two a second. */
export function requestsOf(scenario: Scenario, count: number, now: number): RequestEntry[] {
  if (scenario === "empty") return [];
  return Array.from({ length: count }, (_, i) => requestOf(scenario, count - i, now - i * 1300));
}

/** One request; which one depends on `seq` alone. */
export function requestOf(scenario: Scenario, seq: number, time: number): RequestEntry {
  const random = randomNumbers(seq);
  const [registry, repository] = IMAGES[Math.floor(random() * IMAGES.length)]!;
  const blob = random() < 0.7;
  const miss = random() < 0.16;
  const failing = scenario === "trouble" && registry === "quay" && miss;
  const bytes = failing
    ? 214
    : blob
    ? Math.round(random() ** 2 * 90 * MIB)
    : 1472 + Math.round(random() * 8000);
  const entry: RequestEntry = {
    seq,
    id: `r${seq.toString(36)}${Math.floor(random() * 1e9).toString(36)}`,
    time,
    method: blob || random() < 0.5 ? "GET" : "HEAD",
    kind: blob ? "blob" : "manifest",
    path: "",
    registry,
    repository,
    reference: blob ? digestOf(`blob ${seq % 400}`) : "latest",
    status: failing ? 502 : 200,
    error: failing ? "UNKNOWN" : "",
    message: failing ? "quay.io answered 502 Bad Gateway" : "",
    bytes,
    upstreamBytes: miss && !failing ? bytes : 0,
    upstreamError: "",
    upstreamStatus: failing ? 502 : miss || !blob ? 200 : 0,
    upstreamMs: miss || !blob ? 30 + random() * 90 : 0,
    attempts: [],
    firstByteMs: 0,
    durationMs: 0,
    ended: "complete",
    cache: failing
      ? "none"
      : miss
      ? "miss"
      : blob
      ? (random() < 0.08 ? "joined" : "hit")
      : "revalidated",
    client: `10.20.${seq % 4}.${10 + seq % 37}`,
    clientName: "",
    userAgent: seq % 3 === 0 ? "docker/28.5.1 go/go1.24.8" : "containerd/v2.2.0",
    user: "",
    via: "direct",
    limited: "",
  };
  if (entry.upstreamStatus > 0) {
    const ms = entry.upstreamMs;
    entry.attempts = [{ at: time, ms, status: entry.upstreamStatus, error: "" }];
  }
  entry.firstByteMs = entry.upstreamMs + 0.6 + random() * 4;
  entry.durationMs = entry.firstByteMs + bytes / (miss ? 14e3 : 190e3);
  entry.path = `/v2/${
    registry === "docker" ? "" : `${registry}/`
  }${repository}/${entry.kind}s/${entry.reference}`;
  return entry;
}

/** Blobs on their way, further along the later it is. */
export function fillsOf(scenario: Scenario, now: number): Fill[] {
  if (scenario === "empty") return [];
  const rows: [string, string, number, number, Fill["state"]][] = [
    ["ghcr", "actions/actions-runner", 612, 3, "running"],
    ["docker", "library/postgres", 148, 1, "running"],
    ["harbor", "platform/billing-api", 96, 12, scenario === "trouble" ? "resuming" : "running"],
  ];
  return rows.map(([registry, repository, size, followers, state], i) => {
    const total = size * MIB;
    const speed = (9 + i * 7) * MIB;
    const received = Math.round((now / 1000 * speed * 0.3 + i * 77 * MIB) % total);
    return {
      id: `f${i}`,
      digest: digestOf(`fill ${i}`),
      mediaType: LAYER,
      registry,
      repository,
      member: i === 1 ? "berth-a90c12" : "berth-7f31aa",
      receivedBytes: received,
      totalBytes: total,
      bytesPerSecond: state === "running" ? speed : 0,
      leftMs: state === "running" ? (total - received) / speed * 1000 : null,
      followers,
      startedAt: now - 21e3,
      state,
      resumes: state === "resuming" ? 1 : 0,
    };
  });
}
