/** What is counted and remembered of requests, and what it is told to. */
import type { Cache, Usage } from "../cache/api.ts";
import { systemClock } from "../base/clock.ts";
import type { SharedMemory } from "../base/shared_memory.ts";
import { NO_STORE, tokenFile, Tokens } from "../proxy/access/tokens.ts";
import { Authenticators, type Failure } from "../proxy/access/users.ts";
import type { LiveConfig } from "../proxy/config/live.ts";
import type { Observed } from "../proxy/notify/observed.ts";
import type { Webhooks } from "../proxy/notify/webhooks.ts";
import type { Audit } from "../proxy/observe/audit/audit.ts";
import { lostLines } from "../proxy/observe/log.ts";
import { createMetrics, type Metrics } from "../proxy/observe/metrics.ts";
import { clusterMetrics } from "../proxy/observe/cluster_metrics.ts";
import { registryMetrics } from "../proxy/observe/registry_metrics.ts";
import type { AuditEntry } from "../proxy/observe/audit/entry.ts";
import type { RecordSink, RequestRecord } from "../proxy/observe/record.ts";
import { isHit } from "../proxy/observe/stats/counts.ts";
import { openStats, type Stats } from "../proxy/observe/stats/stats.ts";
import { QuotaBook } from "../proxy/upstream/quota.ts";
import type { RegistryWatch } from "../proxy/upstream/watch/watch.ts";
import type { Cluster } from "./cluster.ts";
import { startAudit } from "./auditing.ts";
import { shareState } from "./shared_state.ts";
import { usingDataDir } from "./data_dir.ts";
import { createWebhooks } from "./telling.ts";
import { commitOf, VERSION } from "./version.ts";
import { createWatch } from "./watching.ts";
import type { Surroundings } from "./surroundings.ts";

const NO_USAGE = { blobs: 0, bytes: 0, maxSize: 0, pinnedBytes: 0, memory: 0 };

/** What the requests of every port are counted in, and what the dashboard shows of it. */
export interface Books {
  readonly quota: QuotaBook;
  readonly stats: Stats;
  readonly metrics: Metrics;
  readonly authenticators: Authenticators;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly watch: RegistryWatch;
  readonly webhooks: Webhooks;
  readonly observed: Observed;
  /** Told of each request, too: who begins later, and learns from what clients ask. */
  readonly seeing: Set<RecordSink>;
  /** What the Berths of a cluster know together. */
  readonly memory: SharedMemory | undefined;
}

/** Statistics, metrics, quotas, failed sign-ins, and the state of each registry. */
export async function openBooks(
  live: LiveConfig,
  { cache, cluster, around: { env, root }, started }: {
    cache: Cache | undefined;
    cluster: Cluster | undefined;
    around: Surroundings;
    started: AsyncDisposableStack;
  },
): Promise<Books> {
  const { dir } = live.current.cache;
  const quota = new QuotaBook((registry, said) => cluster?.tellOthers("quota", registry, said));
  cluster?.onTold("quota", (registry, said) => quota.learn(registry, said));
  const file = cache ? `${dir}/stats.db` : ":memory:";
  const stats = await usingDataDir(dir, () => openStats({ file }));
  started.defer(() => stats.close());
  const metrics = createMetrics({
    version: VERSION,
    commit: commitOf(root),
    counts: () => stats.sinceStart(),
    usage: () => cache ? usageOf(cache) : Promise.resolve(NO_USAGE),
    runningFills: () => cache?.fills().length ?? 0,
    depot: cache?.depot() && (() => cache.depot()!),
    lostLines,
    quotas: () => quota.entries(),
  });
  cache?.onEvent(metrics.onCacheEvent);
  if (cluster) clusterMetrics(metrics.register, () => cluster.status());
  const audit = await startAudit(live, { kept: cache !== undefined, started });
  const tokens = await usingDataDir(
    dir,
    () => Tokens.open(dir ? tokenFile(`${dir}/tokens.json`) : NO_STORE, Date.now),
  );
  started.defer(() => tokens.close());
  if (cluster) {
    started.use(await shareState("tokens", tokens, { peers: cluster, clock: systemClock }));
  }
  const authenticators = new Authenticators({
    now: Date.now,
    tokens,
    memory: cluster?.memory,
    failed: (failure) => audit.record(registryFailure(failure)),
  });
  const watch = createWatch({ config: () => live.current, stats, env });
  started.defer(() => watch.close());
  registryMetrics(metrics.register, () => watch.entries());
  const { webhooks, observed } = createWebhooks();
  started.defer(() => webhooks.close());
  started.defer(() => observed.close());
  webhooks.configure(live.current.webhooks);
  cache?.onEvent(observed.onCacheEvent);
  const told = { webhooks, observed, memory: cluster?.memory };
  const seeing = new Set<RecordSink>();
  return { quota, stats, metrics, authenticators, tokens, audit, watch, seeing, ...told };
}

/** A failed sign-in at the registry or the forward proxy, for the audit log. */
function registryFailure({ user, via, address, why }: Failure): AuditEntry {
  const what = { action: "registry-sign-in", target: "", outcome: "refused", changes: [] } as const;
  return { user, via, address, ...what, detail: why };
}

/** Undefined where the disk cannot be asked: the other metrics are worth a scrape, too. */
export function usageOf(cache: Cache): Promise<Usage | undefined> {
  return cache.usage().catch(() => undefined);
}

/** What a repository's hits and last use are made of: requests for its manifests that were answered. */
export function noteImageUse(cache: Cache, record: RequestRecord): void {
  const { kind, method, status, registry, repository, reference, time, via } = record;
  if (via === "prefetch") return;
  if (kind !== "manifest" || (method !== "GET" && method !== "HEAD")) return;
  if (status !== 200 && status !== 304) return;
  const hit = isHit(record.cache) || record.cache === "stale";
  cache.imageUsed(`${registry}/${repository}`, reference, time, hit);
}
