/** What the configuration says of the cache, as the cache takes it. */
import type { CacheOptions } from "../cache/options.ts";
import type { Config } from "../proxy/config/schema.ts";

/** The options of `openCache` and `Cache.configure`: sizes in bytes, times in milliseconds. */
export function cacheOptions({ cache, upstream }: Config): CacheOptions {
  return {
    dir: cache.dir,
    maxSize: cache.max_size,
    minFree: cache.min_free,
    maxAge: cache.max_age,
    verifyEvery: cache.verify_every,
    memory: cache.memory,
    pin: cache.pin,
    depotLimits: { maxSize: cache.depot.max_size, maxAge: cache.depot.max_age },
    retries: upstream.retries,
    stallTimeout: upstream.idle_timeout,
  };
}
