/** The present state of Berth, as the status page and the live events tell it. */
import { registryCertificate } from "../../proxy/config/certificates.ts";
import type { Cache, Usage } from "../../cache/api.ts";
import type { DepotUsage } from "../../cache/depot_options.ts";
import type { RunningFill } from "../../cache/types.ts";
import type { AcmeState } from "../../proxy/acme/keeper.ts";
import { pendingRestart } from "../../proxy/config/changes.ts";
import type { LiveConfig } from "../../proxy/config/live.ts";
import type { Config } from "../../proxy/config/schema.ts";
import type { QuotaBook } from "../../proxy/upstream/quota.ts";
import type { Verdict } from "../../proxy/upstream/watch/standing.ts";
import type { Stats } from "../../proxy/observe/stats/stats.ts";
import type { ClusterFigures } from "../../proxy/observe/cluster_metrics.ts";
import type { CacheWatch } from "../../proxy/observe/stats/cache_watch.ts";
import { UNTIL_OVER } from "../../proxy/observe/stats/mutes.ts";
import type { CertificateTerm } from "../../proxy/http/certificate_term.ts";
import type { Fleet } from "./fleet.ts";
import type { CacheGrowth } from "./schema/cache.ts";
import type { Fill, Live, Member, MemberFigures, Verification } from "./schema/events.ts";
import type {
  ClusterView,
  Depot,
  Notice,
  RegistryHealth,
  Status,
  Storage,
} from "./schema/status.ts";
import { counters } from "./views/counters.ts";
import { FillMeter } from "./views/fills.ts";
import { registryHealth } from "./views/health.ts";
import { notices } from "./views/notices.ts";
import { growthView, outlookText } from "./views/growth.ts";
import { statusText } from "./views/status.ts";
import { sumLive } from "./views/sums.ts";

interface PresentDeps {
  live: LiveConfig;
  /** None: nothing is kept. */
  cache: Cache | undefined;
  /** None: this one is alone. */
  cluster?: (() => ClusterFigures) | undefined;
  /** The others; none where this one is alone. */
  fleet?: Fleet | undefined;
  stats: Stats;
  watch: CacheWatch;
  quotas: QuotaBook;
  /** What the watch holds of a registry. */
  standing: (registry: string) => Verdict | undefined;
  verification: () => Verification;
  certificate: CertificateTerm;
  acme?: (() => AcmeState | undefined) | undefined;
  version: string;
  /** Requests being answered at the registry port. */
  active: () => number;
  /** Port of the registry API as bound. */
  registryPort: () => number;
  /** Unix milliseconds. */
  now: () => number;
}

/** The disk is asked this often at most. */
const USAGE_MS = 2000;

export class Present {
  readonly #deps: PresentDeps;
  readonly #meter = new FillMeter();
  readonly startedAt: number;
  #usage: Usage | undefined;
  #usageAt = -Infinity;
  /** The disk of the cache could not be asked. */
  #unreachable: CacheWatch["notStored"];

  constructor(deps: PresentDeps) {
    this.#deps = deps;
    this.startedAt = deps.now();
  }

  /** Learns how full disk and cache are, unless that is known well enough. */
  async refresh(): Promise<void> {
    const now = this.#deps.now();
    if (now - this.#usageAt < USAGE_MS) return;
    this.#usageAt = now;
    await this.#deps.certificate.refresh();
    try {
      this.#usage = await this.#deps.cache?.usage();
      this.#unreachable = undefined;
      if (this.#usage) this.#deps.stats.storage.sample(this.#usage.bytes);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#unreachable = { since: this.#unreachable?.since ?? now, message, diskFull: false };
    }
  }

  /** The same, and what the others of the cluster do. */
  async refreshAll(): Promise<void> {
    await Promise.all([this.refresh(), this.#deps.fleet?.refresh()]);
  }

  /** Everything that is wrong or worth knowing as of the last `refresh`, muted or not. */
  notices(): Notice[] {
    const { live, stats, watch, certificate, acme, now } = this.#deps;
    const config = live.current;
    const { notStored = this.#unreachable, upkeep, damaged } = watch;
    return notices({
      config,
      registries: this.#registries(config),
      storage: this.#storage(config),
      cluster: clusterOf(this.#deps.cluster?.()),
      troubles: { notStored, upkeep, damaged },
      lastReload: live.lastReload,
      overlay: live.loaded.overlay,
      shared: live.shared,
      pendingRestart: pendingRestart(live.started.config, live.loaded.config),
      statsError: stats.writeError,
      certificate: certificate.end,
      acme: acme?.(),
      now: now(),
    });
  }

  /** Until when the notice `id` is muted; null: while it lasts. Undefined where it is not. */
  mutedUntil(id: string): number | null | undefined {
    const until = this.#deps.stats.mutes.until(id);
    return until === UNTIL_OVER ? null : until;
  }

  /** Counters of this moment, of all that answer. */
  live(): Live {
    return sumLive(this.#live(), this.#others().map(({ live }) => live));
  }

  /** Fills that run, at all that answer. */
  fills(): Fill[] {
    return [this.#fills(), ...this.#others().map(({ fills }) => fills)].flat()
      .sort((a, b) => a.startedAt - b.startedAt);
  }

  /** What this one tells of itself to the others, as of the last `refresh`. */
  figures(): MemberFigures {
    const { live, cluster } = this.#deps;
    return {
      live: this.#live(),
      fills: this.#fills(),
      storage: this.#storage(live.current),
      lagMs: cluster?.().lagMs ?? null,
    };
  }

  /** All members of the cluster; undefined where this one is alone. */
  members(): Member[] | undefined {
    return this.#deps.fleet?.members(this.figures());
  }

  /** How far the verification is. */
  verification(): Verification {
    return this.#deps.verification();
  }

  /** The state of the registry `name`. */
  health(name: string): RegistryHealth {
    const { live, stats, quotas, standing, now } = this.#deps;
    return registryHealth(name, {
      offline: live.current.registries[name]?.offline ?? false,
      health: stats.healthOf(name),
      standing: standing(name),
      pace: stats.pace(name),
      quota: quotas.get(name),
      now: now(),
    });
  }

  /** How the cache has grown, as of the last `refresh`. */
  growth(): CacheGrowth {
    const { stats: { storage }, live } = this.#deps;
    return growthView(storage, live.current.cache, this.#usage);
  }

  /** The state as of the last `refresh`. `hostname` is what the browser calls this machine. */
  status(hostname: string): Status {
    const { live, version, now } = this.#deps;
    const config = live.current;
    const registries = this.#registries(config);
    const storage = this.#storage(config);
    const all = this.notices().map((notice) => ({ ...notice, until: this.mutedUntil(notice.id) }));
    const found = all.flatMap(({ until, ...notice }) => until === undefined ? [notice] : []);
    const muted = all.flatMap(({ until, ...it }) => until === undefined ? [] : [{ ...it, until }]);
    return {
      version,
      startedAt: this.startedAt,
      now: now(),
      text: statusText(found, registries),
      empty: [storage, ...this.#others().map(({ storage }) => storage)]
        .every(({ blobs }) => blobs === 0) && this.live().total.pulls === 0,
      notices: found,
      muted,
      registries,
      storage,
      price: priceOf(config.savings),
      cluster: clusterOf(this.#deps.cluster?.()),
      registryUrl: this.registryUrl(hostname),
    };
  }

  /** Address of the registry API for clients that reach this machine as `hostname`. */
  registryUrl(hostname: string): string {
    const config = this.#deps.live.current;
    if (config.public_url) return config.public_url.replace(/\/$/, "");
    const tls = registryCertificate(config).cert_file !== "";
    const port = this.#deps.registryPort();
    const suffix = port === (tls ? 443 : 80) ? "" : `:${port}`;
    return `${tls ? "https" : "http"}://${hostname || "localhost"}${suffix}`;
  }

  #live(): Live {
    const { stats, active, now } = this.#deps;
    const { all, since } = stats.totals();
    return {
      now: now(),
      total: counters(all),
      since,
      lastMinute: counters(stats.lastMinute()),
      active: active(),
    };
  }

  #fills(): Fill[] {
    const { cache, watch, fleet, now } = this.#deps;
    const resuming = ({ digest, received }: RunningFill) => watch.isResuming(digest, received);
    const member = fleet?.self ?? "";
    return this.#meter.view(cache?.fills() ?? [], now(), resuming)
      .map((fill) => ({ ...fill, id: member + fill.id, member }));
  }

  #others(): MemberFigures[] {
    return this.#deps.fleet?.figures().map(([, figures]) => figures) ?? [];
  }

  #registries({ registries }: Config): RegistryHealth[] {
    return Object.keys(registries).map((name) => this.health(name));
  }

  #storage(config: Config): Storage {
    const usage = this.#usage;
    return {
      bytes: usage?.bytes ?? 0,
      blobs: usage?.blobs ?? 0,
      pinnedBytes: usage?.pinnedBytes ?? 0,
      maxBytes: config.cache.max_size,
      minFreeBytes: config.cache.min_free,
      disk: usage && usage.diskTotal > 0
        ? { totalBytes: usage.diskTotal, freeBytes: steady(usage.diskFree) }
        : null,
      memoryBytes: usage?.memory ?? 0,
      maxMemoryBytes: config.cache.memory,
      evicting: this.#deps.watch.evicting,
      outlook: outlookText(this.growth()),
      depot: depotOf(this.#deps.cache?.depot()),
    };
  }
}

function clusterOf(figures: ClusterFigures | undefined): ClusterView | null {
  if (!figures) return null;
  const { problem, self, peers, fills, sent, received } = figures;
  const shared = (fills.followed ?? 0) + (fills.copied ?? 0);
  return {
    problem,
    id: self?.id ?? "",
    address: self?.address ?? "",
    peers: peers.map(({ id, address, version, since, problem, seen = null }) => ({
      ...{ id, address, version, since, problem, seen },
    })),
    shared,
    sentBytes: sent,
    receivedBytes: received,
  };
}

function priceOf({ price_per_gb: perGb, currency }: Config["savings"]): Status["price"] {
  return perGb > 0 ? { perGb, currency } : null;
}

function depotOf(usage: DepotUsage | undefined): Depot | null {
  if (!usage) return null;
  const { problem, bytes, objects, maxSize: maxBytes, queued, lastError = null } = usage;
  return { problem, bytes, objects, maxBytes, queued, lastError };
}

/** Free bytes to 16 MiB: every write to the disk would be news otherwise. */
function steady(bytes: number): number {
  return bytes - bytes % 2 ** 24;
}
