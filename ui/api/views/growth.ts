/** How the cache has grown and what is to be expected, as the API tells it. */
import { formatSize } from "../../../base/units.ts";
import type { Usage } from "../../../cache/api.ts";
import { growthOf } from "../../../proxy/observe/stats/growth.ts";
import type { StorageDays } from "../../../proxy/observe/stats/storage_days.ts";
import type { CacheGrowth } from "../schema/cache.ts";
import { durationWords, plural } from "./words.ts";

/** `usage` as last known: the cache's own limit or the disk's, whichever is nearer, is its room. */
export function growthView(
  days: StorageDays,
  { max_size, min_free }: { max_size: number; min_free: number },
  usage: Usage | undefined,
): CacheGrowth {
  const rooms = [
    ...usage && max_size > 0 ? [max_size - usage.bytes] : [],
    ...usage && usage.diskTotal > 0 ? [usage.diskFree - min_free] : [],
  ];
  const samples = days.samples();
  const growth = growthOf(samples, rooms.length > 0 ? Math.min(...rooms) : undefined);
  return {
    samples,
    bytesPerDay: growth ? Math.round(growth.bytesPerDay) : null,
    daysUntilFull: growth?.daysUntilFull ?? null,
    evictedAfterMs: days.evictedAfterMs,
  };
}

/** `Grows 1.2 GiB per day, full in about 12 days. Evicted content was unused for 9 days.` */
export function outlookText(growth: Omit<CacheGrowth, "samples">): string {
  const { bytesPerDay, daysUntilFull, evictedAfterMs } = growth;
  const lines: string[] = [];
  if (daysUntilFull !== null && bytesPerDay !== null) {
    const days = Math.max(1, Math.round(daysUntilFull));
    lines.push(`Grows ${formatSize(bytesPerDay)} per day, full in about ${plural(days, "day")}.`);
  }
  if (evictedAfterMs !== null) {
    lines.push(`Evicted content was unused for ${durationWords(evictedAfterMs)}.`);
  }
  return lines.join(" ");
}
