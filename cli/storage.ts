/** What a Berth keeps, and with whom: cache, depot, and the other Berths of a cluster. */
import { systemClock } from "../base/clock.ts";
import type { Cache } from "../cache/api.ts";
import { openCache } from "../cache/cache.ts";
import type { DepotPlace } from "../cache/depot_options.ts";
import type { LiveConfig } from "../proxy/config/live.ts";
import { type Config } from "../proxy/config/schema.ts";
import { cacheLog, logger } from "../proxy/observe/log.ts";
import { bookFile, TrustBook } from "../proxy/trust/book.ts";
import { pinFrozen } from "../proxy/trust/tags.ts";
import { clusterKeys, markOf } from "../proxy/peers/signature.ts";
import { cacheOptions } from "./cache_options.ts";
import type { Cluster } from "./cluster.ts";
import { usingDataDir } from "./data_dir.ts";
import { shareOverlay } from "./shared_overlay.ts";
import { shareState } from "./shared_state.ts";
import type { Surroundings } from "./surroundings.ts";

/** Nothing where nothing is kept. */
export interface Storage {
  cache?: Cache;
  cluster?: Cluster | undefined;
  /** What people decided about tags. */
  trust?: TrustBook;
}

/**
 * The cache and its way to others; nothing where nothing is kept. `live` has what the others have
 * changed of the configuration then.
 */
export async function openStorage(
  live: LiveConfig,
  env: Surroundings["env"],
  started: AsyncDisposableStack,
): Promise<Storage> {
  const config = live.current;
  const { dir } = config.cache;
  if (!dir) return {};
  const depot = config.cache.depot.url ? await openDepot(config, env, started) : undefined;
  // Others are let go of once the fills have ended, which the cache sees to.
  const cluster = config.cluster.url ? await openCluster(config, env, started) : undefined;
  const sharing = cluster
    ? { courses: cluster.courses, depotDuty: cluster.depotDuty, shared: true }
    : {};
  const cache = await usingDataDir(
    dir,
    () => openCache({ ...cacheOptions(config), depot, ...sharing }),
  );
  started.defer(() => cache.close());
  const trust = await usingDataDir(dir, () => TrustBook.open(bookFile(`${dir}/trust.json`)));
  cache.onEvent(cacheLog);
  if (cluster) started.defer(() => cluster.leave());
  await cluster?.start(cache);
  if (cluster) started.use(await joinOverlay(live, cluster));
  if (cluster) started.use(await shareTrust(trust, cluster));
  pinFrozen(cache, trust);
  return { cache, cluster, trust };
}

/** Puts what the dashboards of the cluster have changed above the configuration of this Berth. */
async function joinOverlay(live: LiveConfig, peers: Cluster): Promise<AsyncDisposable> {
  const keys = clusterKeys(live.current.cluster.secret, "file-marks");
  return await shareOverlay(live, { peers, keys, clock: systemClock, log: logger("config") });
}

/** What people decide about tags, here or at another Berth, holds at all of them. */
function shareTrust(trust: TrustBook, peers: Cluster): Promise<AsyncDisposable> {
  const learn = (told: unknown) => {
    trust.learn(told).catch((error) => {
      logger("policy").error("what another Berth decided cannot be kept", { error });
    });
  };
  const state = {
    get mark() {
      return trust.mark;
    },
    learn,
    tellBy: (tell: Parameters<TrustBook["tellBy"]>[0]) => trust.tellBy(tell),
  };
  return shareState("trust", state, { peers, clock: systemClock });
}

/** The way to other Berths; only where there are any is that code loaded. */
async function openCluster(
  config: Config,
  env: Surroundings["env"],
  started: AsyncDisposableStack,
): Promise<Cluster> {
  const { Cluster } = await import("./cluster.ts");
  return started.use(new Cluster(config.cluster, env));
}

/** What stands for each line of a cluster's secret. */
function marksOf(secret: string): string[] {
  return clusterKeys(secret, "depot").map((key) => markOf([key]));
}

/** The way to the depot; only where there is one is that code loaded. */
async function openDepot(
  config: Config,
  env: Surroundings["env"],
  started: AsyncDisposableStack,
): Promise<DepotPlace> {
  const { depotPlace } = await import("./depot_place.ts");
  const { place } = started.use(depotPlace(config.cache.depot, env));
  const clusters = config.cluster.url ? marksOf(config.cluster.secret) : [];
  return { ...place, clusters };
}
