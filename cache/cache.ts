/**
 * The cache: content by digest, fetched once, checked before it is believed, kept as long as there
 * is room. This is its one door. It knows the words of registries (repository, tag, digest, manifest,
 * media type), and nothing of HTTP.
 */
import type { Cache } from "./api.ts";
import { lockDirectory } from "./blobs/lock.ts";
import { reported } from "./blobs/reported.ts";
import { openCatalog } from "./catalog/rebuild.ts";
import type { KeeperOptions } from "./depot/keeper.ts";
import { DiskCache } from "./disk_cache.ts";
import { type CacheOptions, withDefaults } from "./options.ts";

/**
 * Opens the cache in `options.dir`. Throws CacheLocked where another process has it, CacheTooNew
 * where a newer version has been there, DepotError where the depot cannot be one.
 */
export async function openCache(options: CacheOptions): Promise<Cache> {
  const settings = withDefaults(options);
  await Deno.mkdir(settings.dir, { recursive: true, mode: 0o750 });
  const lock = await lockDirectory(settings.dir);
  let cache: DiskCache;
  try {
    const opened = await settings.openStore(settings.dir, settings.clock.now());
    const store = reported(opened, settings.dir);
    const catalog = await openCatalog(settings.dir, store, settings.clock, settings.onRebuild);
    cache = new DiskCache(settings, { lock, store, catalog }, await depotOf(settings));
  } catch (error) {
    lock.release();
    throw error;
  }
  return await cache.begun();
}

/** How the depot is kept, where there is one; nobody else loads what that takes. */
async function depotOf({ depot: place, depotDuty: duty, clock }: Required<CacheOptions>) {
  if (!place) return undefined;
  const { DepotKeeper, depotAt } = await import("./depot/keeper.ts");
  return (options: Omit<KeeperOptions, "duty">) =>
    new DepotKeeper(depotAt(place, clock), { ...options, duty });
}
