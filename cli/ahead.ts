/** What Berth fetches ahead of clients: its parts put together, for the server and for one command. */
import type { Registry as Register } from "prom-client";
import { systemClock } from "../base/clock.ts";
import { formatDuration, formatSize } from "../base/units.ts";
import type { Cache } from "../cache/api.ts";
import { aheadMetrics } from "../proxy/ahead/metrics.ts";
import { type ImageProgress, sumsOf } from "../proxy/ahead/progress.ts";
import { Pulls, type PullsParts } from "../proxy/ahead/pulls.ts";
import { NO_PULLS, pullFile } from "../proxy/ahead/store.ts";
import { createProxy } from "../proxy/app.ts";
import type { Config } from "../proxy/config/schema.ts";
import { registryMap } from "../proxy/names/target.ts";
import { logger } from "../proxy/observe/log.ts";
import type { ProxyServer } from "../proxy/server.ts";
import { timeoutsOf } from "../proxy/upstream/deadline.ts";
import { createUpstream } from "../proxy/upstream/native.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";
import { QuotaBook } from "../proxy/upstream/quota.ts";

/** `linux/` and the architecture that this machine has, as images call it. */
const OWN_PLATFORM = `linux/${Deno.build.arch === "aarch64" ? "arm64" : "amd64"}`;

/** The pulls of a running server, which go on from where a former one left them. */
export async function openPulls(
  config: () => Config,
  { cache, handle, quota, register }: {
    cache: Cache;
    handle: ProxyServer["handle"];
    quota: QuotaBook;
    register: Register;
  },
): Promise<Pulls> {
  const log = logger("prefetch");
  const count = aheadMetrics(register);
  const pulls = new Pulls({
    ...partsOf(config, cache, quota),
    handle,
    store: pullFile(`${config().cache.dir}/pulls.json`),
    imageOver(image, by) {
      count(image);
      const line = `${wordsOf(image)}, for ${by}`;
      if (image.state === "failed") log.warn(line);
      else log.info(line);
    },
  });
  await pulls.resume();
  return pulls;
}

/** Pulls into `cache` by this process alone, while no server runs. */
export function ownPulls(
  config: Config,
  cache: Cache,
  env: Environment,
): Pulls & AsyncDisposable {
  const quota = new QuotaBook();
  const now = Date.now;
  const upstreams = new AsyncDisposableStack();
  const handle = createProxy(config, {
    cache,
    now,
    uploadKeys: [],
    upstream: (registry) =>
      upstreams.use(createUpstream(registry, {
        timeouts: timeoutsOf(config.upstream),
        retries: config.upstream.retries,
        env,
        onAnswer: (headers, status) => quota.observe(registry.name, headers, status, now()),
      })),
  });
  const pulls = new Pulls({ ...partsOf(() => config, cache, quota), handle, store: NO_PULLS });
  return Object.assign(pulls, {
    async [Symbol.asyncDispose]() {
      await pulls.close();
      await upstreams.disposeAsync();
    },
  });
}

function partsOf(
  config: () => Config,
  cache: Cache,
  quota: QuotaBook,
): Omit<PullsParts, "handle" | "store"> {
  return {
    cache,
    map: () => registryMap(config()),
    clock: systemClock,
    closedUntil: (...asked) => quota.closedUntil(...asked),
    platform: OWN_PLATFORM,
    warn: (line, error) => logger("prefetch").warn(line, { error }),
  };
}

/** `docker/library/nginx:1.27: 8 came (67 MiB), 2 were here (1 MiB)`, or why it failed. */
export function wordsOf({ image, state, parts, error, lacking }: ImageProgress): string {
  const { here, came } = sumsOf(parts);
  const counts = `${came.parts} came (${formatSize(came.bytes)}), ${here.parts} ${
    here.parts === 1 ? "was" : "were"
  } here (${formatSize(here.bytes)})`;
  const without = lacking.length > 0 ? `; it has no ${lacking.join(", ")}` : "";
  return `${image}: ${
    state === "done" ? "" : `${state}${error && `: ${error}`}; `
  }${counts}${without}`;
}

/** What an image waits for, in words; empty where it does not. */
export function waitOf({ until, error }: ImageProgress, now: number): string {
  return until === null ? "" : `${error}, waiting for ${formatDuration(Math.max(0, until - now))}`;
}
