/** A server's worth of data for the dashboard to show, the same at every run. */
import { createHash } from "node:crypto";
import type { RequestEntry } from "../../ui/api/schema/activity.ts";
import type { Blob, CachedImage, CachedManifest, CachedTag } from "../../ui/api/schema/cache.ts";
import type { Setting } from "../../ui/api/schema/config.ts";
import type { Fill } from "../../ui/api/schema/events.ts";
import type { RegistrySettings, RegistryView } from "../../ui/api/schema/registries.ts";
import type { Counters, Point, Stats } from "../../ui/api/schema/stats.ts";
import type { Notice, RegistryHealth, Status } from "../../ui/api/schema/status.ts";

/** What the server has to show. */
export type Scenario = "busy" | "empty" | "trouble";

const MINUTE = 60e3;
const HOUR = 3600e3;
const DAY = 86400e3;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Numbers in [0, 1) that look random and are always the same. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const digestOf = (text: string): string =>
  `sha256:${createHash("sha256").update(text).digest("hex")}`;

const UPSTREAMS: [name: string, settings: RegistrySettings][] = [
  ["docker", {
    url: "https://registry-1.docker.io",
    aliases: ["docker.io", "index.docker.io"],
    library: true,
  }],
  ["ghcr", { url: "https://ghcr.io" }],
  ["quay", { url: "https://quay.io" }],
  ["k8s", { url: "https://registry.k8s.io" }],
  ["gcr", { url: "https://gcr.io" }],
  ["mcr", { url: "https://mcr.microsoft.com" }],
  ["gitlab", { url: "https://registry.gitlab.com" }],
  ["nvcr", { url: "https://nvcr.io" }],
  ["harbor", {
    url: "https://harbor.example.com",
    auth: { username: "robot$berth" },
    allow: ["platform/**"],
    hosts: ["images.example.com"],
    manifests: { ttl: "10m" },
  }],
];

const SHARES: Record<string, number> = {
  docker: 0.58,
  ghcr: 0.17,
  quay: 0.11,
  k8s: 0.09,
  harbor: 0.05,
};

export function countersOf(requests: number, ratio: number, errors = 0): Counters {
  const hits = Math.round(requests * ratio);
  const misses = requests - hits;
  return {
    requests,
    pulls: Math.round(requests / 8),
    hits,
    misses,
    stale: 0,
    errors,
    bytesFromCache: Math.round(hits * 6.2 * MIB),
    bytesFromUpstream: Math.round(misses * 6.9 * MIB),
    timeSavedMs: hits * 640,
  };
}

const NOTHING = countersOf(0, 0);

function sumOf(points: readonly Counters[]): Counters {
  const total = { ...NOTHING };
  for (const point of points) {
    for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += point[name];
  }
  return total;
}

const STEPS = { "1h": MINUTE, "24h": HOUR, "30d": DAY } as const;
const SPANS = { "1h": HOUR, "24h": DAY, "30d": 30 * DAY } as const;

/** Statistics over a period (or a range of it) with working hours, a gap, and an outage if any. */
export function statsOf(
  scenario: Scenario,
  period: "1h" | "24h" | "30d",
  now: number,
  range?: { from: number; to: number },
): Stats {
  const to = range?.to ?? now;
  const from = range?.from ?? to - SPANS[period];
  const length = to - from;
  const stepMs = range
    ? (length <= 3 * HOUR ? MINUTE : length <= 3 * DAY ? HOUR : DAY)
    : STEPS[period];
  const series: Point[] = [];
  for (let time = Math.floor(from / stepMs) * stepMs; time < to; time += stepMs) {
    if (scenario === "empty") break;
    const age = (now - time) / stepMs;
    if (!range && age > 15 && age < 18) continue;
    series.push({ time, ...pointAt(scenario, time, stepMs, age) });
  }
  const total = sumOf(series);
  return {
    period,
    from,
    to,
    since: now - 41 * DAY,
    stepMs,
    total,
    previous: scenario === "empty" ? null : countersOf(Math.round(total.requests * 0.93), 0.83, 4),
    registries: scenario === "empty" ? [] : Object.entries(SHARES).map(([name, share]) => ({
      name,
      ...countersOf(
        Math.round(total.requests * share),
        name === "harbor" ? 0.97 : 0.9 - share / 6,
        name === "quay" && scenario === "trouble" ? total.errors : 0,
      ),
    })),
    series,
  };
}

function pointAt(scenario: Scenario, time: number, stepMs: number, age: number): Counters {
  const random = randomNumbers(Math.floor(time / stepMs));
  const hour = new Date(time).getUTCHours();
  const busy = stepMs >= DAY
    ? (new Date(time).getUTCDay() % 6 === 0 ? 0.3 : 1)
    : hour > 6 && hour < 19
    ? 1
    : 0.25;
  const requests = Math.round((120 + random() * 180) * busy * Math.max(0.35, stepMs / HOUR));
  const counters = countersOf(requests, 0.78 + random() * 0.18);
  if (scenario === "trouble" && age < 3) {
    const stale = Math.round(counters.hits * 0.4);
    return { ...counters, hits: counters.hits - stale, stale, errors: Math.round(requests * 0.06) };
  }
  return counters;
}

function healthOf(scenario: Scenario, name: string, now: number): RegistryHealth {
  const used = scenario !== "empty" && name in SHARES;
  const health: RegistryHealth = {
    name,
    state: used ? "ok" : "idle",
    text: used ? "Reachable" : "Not asked yet",
    since: null,
    lastOk: used ? now - 4e3 : null,
    latencyMs: used ? 38 + name.length * 9 : null,
    quota: null,
  };
  if (name === "docker" && used) {
    const remaining = scenario === "trouble" ? 12 : 173;
    health.quota = {
      limit: 200,
      remaining,
      windowMs: 6 * HOUR,
      resetsAt: now + 2 * HOUR + 10 * MINUTE,
      measuredAt: now - MINUTE,
    };
    if (scenario === "trouble") {
      health.state = "limited";
      health.text = "12 pulls left, resets in 2 h 10 min";
    }
  }
  if (name === "quay" && scenario === "trouble") {
    return {
      ...health,
      state: "failing",
      text: "Answers 502 since 14:02",
      since: now - 18 * MINUTE,
      lastOk: now - 19 * MINUTE,
      latencyMs: 2140,
    };
  }
  return health;
}

const TROUBLE: Omit<Notice, "since">[] = [
  {
    id: "registry-failing:quay",
    severity: "error",
    title: "quay.io answers 502 Bad Gateway",
    detail:
      "Last asked for prometheus/node-exporter:v1.9.1. What is cached is still served; anything else fails until it recovers.",
    registry: "quay",
    href: "/registries/quay",
  },
  {
    id: "disk-full",
    severity: "warning",
    title: "Disk 96 % full, evicting",
    detail: "Other files take 71 GiB of the disk. Lower cache.max_size or free some space.",
    registry: "",
    href: "/cache?sort=lastUsed&order=asc",
  },
  {
    id: "quota:docker",
    severity: "warning",
    title: "Docker Hub: 12 pulls left, resets in 2 h 10 min",
    detail: "Sign in to Docker Hub under Registries for a larger quota.",
    registry: "docker",
    href: "/registries/docker",
  },
];

export function statusOf(scenario: Scenario, now: number): Status {
  const trouble = scenario === "trouble";
  return {
    version: "0.1.0",
    startedAt: now - (3 * DAY + 4 * HOUR),
    now,
    text: {
      busy: "All registries reachable",
      empty: "Ready",
      trouble: "quay.io does not answer, two warnings",
    }[scenario],
    empty: scenario === "empty",
    notices: trouble ? TROUBLE.map((notice) => ({ ...notice, since: now - 18 * MINUTE })) : [],
    registries: UPSTREAMS.map(([name]) => healthOf(scenario, name, now)),
    storage: {
      bytes: scenario === "empty" ? 0 : Math.round((trouble ? 31.4 : 18.2) * GIB),
      blobs: scenario === "empty" ? 0 : 4212,
      pinnedBytes: scenario === "empty" ? 0 : Math.round(1.3 * GIB),
      maxBytes: 32 * GIB,
      minFreeBytes: GIB,
      disk: { totalBytes: 107 * GIB, freeBytes: Math.round((trouble ? 0.9 : 58.6) * GIB) },
      memoryBytes: Math.round(11.3 * MIB),
      maxMemoryBytes: 64 * MIB,
      evicting: trouble,
    },
    registryUrl: "http://berth.example.com:8080",
  };
}

export function registriesOf(scenario: Scenario, now: number): RegistryView[] {
  const stats = statsOf(scenario, "24h", now);
  return UPSTREAMS.map(([name, settings]) => {
    const host = settings.aliases?.[0] ?? new URL(settings.url).host;
    const own = name === "harbor";
    return {
      name,
      settings,
      secrets: own ? ["auth.password"] : [],
      origin: own
        ? { kind: "file", text: "config.yaml:31" }
        : name === "nvcr"
        ? { kind: "map", text: "registry map https://example.com/map.json" }
        : { kind: "built-in", text: "built-in registry" },
      overrides: [],
      editable: name !== "nvcr",
      readOnlyReason: name === "nvcr"
        ? "It comes from the registry map at https://example.com/map.json; change it there."
        : "",
      isDefault: name === "docker",
      addresses: [
        ...(name === "docker"
          ? [{ kind: "default" as const, text: "berth.example.com:8080/…" }]
          : []),
        ...(settings.hosts ?? []).map((text) => ({ kind: "host" as const, text })),
        { kind: "prefix", text: `berth.example.com:8080/${name}/v2/…` },
        { kind: "path", text: `berth.example.com:8080/${host}/…` },
        { kind: "ns", text: `?ns=${host}` },
      ],
      health: healthOf(scenario, name, now),
      counters: stats.registries.find((one) => one.name === name) ?? NOTHING,
    };
  });
}

const IMAGES = [
  ["docker", "library/alpine"],
  ["docker", "library/postgres"],
  ["docker", "library/nginx"],
  ["docker", "library/redis"],
  ["docker", "grafana/grafana"],
  ["ghcr", "actions/actions-runner"],
  ["ghcr", "astral-sh/uv"],
  ["quay", "prometheus/prometheus"],
  ["quay", "prometheus/node-exporter"],
  ["k8s", "ingress-nginx/controller"],
  ["k8s", "coredns/coredns"],
  ["harbor", "platform/billing-api"],
] as const;

/** Cached repositories: the ones everybody knows, then as many made-up ones as are asked for. */
export function imagesOf(count: number, now: number): CachedImage[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomNumbers(i + 7);
    const [registry, repository] = IMAGES[i] ??
      (["ghcr", `team-${i % 40}/service-${String(i).padStart(5, "0")}`] as const);
    return {
      registry,
      repository,
      tags: 1 + Math.floor(random() * 9),
      pinned: i === 1,
      blobs: 4 + Math.floor(random() * 60),
      bytes: Math.round(random() ** 2 * 2.4 * GIB) + 3 * MIB,
      hits: Math.floor(random() * 4000),
      lastUsed: now - Math.round(random() ** 3 * 40 * DAY) - i * 20e3,
    };
  });
}

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

export function tagsOf(repository: string, now: number): CachedTag[] {
  return ["latest", "3.22", "3.21.4", ""].map((tag, i) => ({
    tag,
    digest: digestOf(`${repository}:${tag || "old"}`),
    mediaType: INDEX,
    platforms: i === 0 ? ["linux/amd64", "linux/arm64"] : ["linux/amd64"],
    checkedAt: tag ? now - 4 * MINUTE : null,
    pinned: i === 1,
    blobs: 6 - i,
    bytes: Math.round((92 - i * 17) * MIB),
    hits: 1840 >> i,
    lastUsed: now - i * 3 * DAY - 40e3,
  }));
}

/** An index for digests of tags, a manifest for what an index names. */
export function manifestOf(digest: string, now: number): CachedManifest {
  const nested = NESTED.has(digest);
  const content = (mediaType: string, size: number, platform = "", cached = true) => ({
    digest: digestOf(`${digest} ${mediaType} ${size} ${platform}`),
    mediaType,
    size,
    platform,
    cached,
    hits: cached ? 212 : 0,
    lastUsed: cached ? now - 3 * MINUTE : null,
  });
  const manifests = nested ? [] : [
    content(MANIFEST, 1472, "linux/amd64"),
    content(MANIFEST, 1472, "linux/arm64/v8"),
    content(MANIFEST, 1472, "linux/ppc64le", false),
  ];
  for (const manifest of manifests) NESTED.add(manifest.digest);
  return {
    digest,
    mediaType: nested ? MANIFEST : INDEX,
    artifactType: "",
    kind: nested ? "manifest" : "index",
    size: nested ? 1472 : 9218,
    manifests,
    config: nested ? content(CONFIG, 8121) : null,
    layers: nested
      ? [content(LAYER, 28.1 * MIB), content(LAYER, 4.3 * MIB), content(LAYER, 1.1 * MIB)]
        .map((layer) => ({ ...layer, size: Math.round(layer.size) }))
      : [],
  };
}
const NESTED = new Set<string>();

const KINDS = [
  ["layer", LAYER],
  ["layer", LAYER],
  ["layer", "application/vnd.docker.image.rootfs.diff.tar.gzip"],
  ["config", CONFIG],
  ["manifest", MANIFEST],
  ["index", INDEX],
] as const;

export function blobsOf(count: number, now: number): Blob[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomNumbers(i + 99);
    const [kind, mediaType] = KINDS[i % KINDS.length]!;
    const [registry, repository] = IMAGES[Math.floor(random() * IMAGES.length)]!;
    const users = random() < 0.2 ? 3 : 1;
    return {
      digest: digestOf(`blob ${i}`),
      size: kind === "layer"
        ? Math.round(random() ** 2 * 380 * MIB)
        : 800 + Math.round(random() * 9000),
      mediaType,
      kind,
      hits: Math.floor(random() ** 3 * 5000),
      created: now - Math.round(random() * 60 * DAY) - 2 * DAY,
      lastUsed: now - Math.round(random() ** 3 * 40 * DAY) - i * 9e3,
      verifiedAt: i % 3 === 0 ? now - 7 * HOUR : null,
      pinned: i % 17 === 3,
      repositories: [`${registry}/${repository}`, "docker/library/debian", "ghcr/acme/base"].slice(
        0,
        users,
      ),
      repositoryCount: users,
    };
  });
}

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
    firstByteMs: 0,
    durationMs: 0,
    aborted: false,
    cache: failing
      ? "none"
      : miss
      ? "miss"
      : blob
      ? (random() < 0.08 ? "joined" : "hit")
      : "revalidated",
    client: `10.20.${seq % 4}.${10 + seq % 37}`,
    userAgent: seq % 3 === 0 ? "docker/28.5.1 go/go1.24.8" : "containerd/v2.2.0",
    user: "",
    via: "direct",
  };
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

const FILE = { kind: "file" as const };
const setting = (
  path: string,
  text: string,
  origin: Setting["origin"] = { kind: "default", text: "default" },
  more: Partial<Setting> = {},
): Setting => ({ path, text, defaultText: "", origin, secret: false, restart: false, ...more });

export const SETTINGS: Setting[] = [
  setting("listen", ":8080", undefined, { restart: true }),
  setting("public_url", "http://berth.example.com:8080", { ...FILE, text: "config.yaml:3" }),
  setting("trusted_proxies", "[10.0.0.0/8]", { ...FILE, text: "config.yaml:4" }, {
    defaultText: "[]",
  }),
  setting("default_registry", "docker"),
  setting("log.level", "debug", { kind: "flag", text: "flag --log-level" }, {
    defaultText: "info",
  }),
  setting("log.format", "json", { kind: "environment", text: "environment BERTH_LOG_FORMAT" }, {
    defaultText: "text",
  }),
  setting("admin.listen", ":8081", undefined, { restart: true }),
  setting("admin.password_hash", "", { ...FILE, text: "config.yaml:9" }, { secret: true }),
  setting("registries.harbor.url", "https://harbor.example.com", {
    ...FILE,
    text: "config.yaml:32",
  }),
  setting("registries.harbor.auth.username", "robot$berth", { ...FILE, text: "config.yaml:34" }),
  setting("registries.harbor.auth.password", "", { ...FILE, text: "config.yaml:35 (${HARBOR})" }, {
    secret: true,
  }),
  setting("cache.dir", "/var/lib/berth", { ...FILE, text: "config.yaml:14" }, {
    defaultText: "./data",
    restart: true,
  }),
  setting("cache.max_size", "32GiB"),
  setting("cache.min_free", "1GiB"),
  setting("cache.max_age", "30d", { ...FILE, text: "config.yaml:15" }, { defaultText: "60d" }),
  setting("cache.manifests.ttl", "0s"),
  setting("cache.manifests.stale_if_error", "7d"),
  setting("forward.listen", ":3128", { ...FILE, text: "config.yaml:21" }, { restart: true }),
  setting("upstream.retries", "3"),
];
