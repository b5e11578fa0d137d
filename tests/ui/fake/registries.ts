/** Made-up registries and their state. */
import type { RegistryView } from "../../../ui/api/schema/registries.ts";
import type {
  ClusterView,
  Depot,
  Notice,
  RegistryHealth,
  Status,
} from "../../../ui/api/schema/status.ts";
import type { Member } from "../../../ui/api/schema/events.ts";
import { countersOf, NOTHING, statsOf } from "./figures.ts";
import { DAY, GIB, HOUR, MIB, MINUTE, type Scenario, SHARES, UPSTREAMS } from "./world.ts";

function healthOf(scenario: Scenario, name: string, now: number): RegistryHealth {
  const used = scenario !== "empty" && name in SHARES;
  const health: RegistryHealth = {
    name,
    state: used ? "ok" : "idle",
    text: used ? "Reachable" : "Not contacted yet",
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
      resetsAt: null,
      emptyAt: scenario === "trouble" ? now + 80 * MINUTE : null,
      measuredAt: now - MINUTE,
    };
    if (scenario === "trouble") {
      health.state = "limited";
      health.text = "12 of 200 pulls left in 6 h (rolling), at this rate none in 1 h 20 min";
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
    title: "Docker Hub: 12 of 200 pulls left in 6 h (rolling)",
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
    muted: [],
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
      outlook: scenario === "empty"
        ? ""
        : "Grows 490 MiB per day, full in about 29 days. Evicted content was unused for 9 d.",
      depot: scenario === "empty" ? null : depotOf(trouble, now),
    },
    cluster: scenario === "empty" ? null : clusterOf(trouble, now),
    price: scenario === "busy" ? { perGb: 0.09, currency: "USD" } : null,
    registryUrl: "http://berth.example.com:8080",
  };
}

function clusterOf(trouble: boolean, now: number): ClusterView {
  const peer = (id: string, problem = "") => ({
    id: `berth-${id}`,
    address: `10.0.0.${id.charCodeAt(0) % 10}:8082`,
    version: "0.1.0",
    since: now - 3 * DAY,
    problem,
    seen: problem ? now - 40e3 : now - 3e3,
  });
  return {
    problem: "",
    id: "berth-7f31aa",
    address: "10.0.0.7:8082",
    peers: [peer("a90c12"), peer("d41e07", trouble ? "cannot be reached" : "")],
    shared: 1290,
    sentBytes: Math.round(41.2 * GIB),
    receivedBytes: Math.round(38.7 * GIB),
  };
}

/** The members of {@linkcode clusterOf}. */
export function membersOf(scenario: Scenario, now: number): Member[] {
  const { storage, cluster } = statusOf(scenario, now);
  if (!cluster) return [];
  return [cluster, ...cluster.peers].map(({ id, problem }, i) => ({
    id,
    answers: problem === "",
    lastMinute: countersOf(32 + 9 * i, 0.9),
    active: 2,
    fills: 3 - i,
    bytes: Math.round(storage.bytes * (1 - 0.2 * i)),
    blobs: storage.blobs,
    maxBytes: storage.maxBytes,
    disk: storage.disk,
    lagMs: i === 0 ? 0 : 40,
  }));
}

function depotOf(trouble: boolean, now: number): Depot {
  const message = "cache.depot.endpoint: the connection was refused";
  return {
    problem: "",
    bytes: Math.round(214.3 * GIB),
    objects: 31_904,
    maxBytes: 1024 * GIB,
    queued: trouble ? 118 : 0,
    lastError: trouble ? { at: now - 2 * MINUTE, message } : null,
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
