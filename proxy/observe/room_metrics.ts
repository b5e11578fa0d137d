/** What runs out: the room on the disk, and the certificate's time. */
import type { Registry } from "prom-client";
import { gaugeOf } from "./process_metrics.ts";

export interface RoomSources {
  /** Bytes of the disk under the cache: free, and to be left free; undefined where nothing is kept. */
  disk(): Promise<{ free: number; reserved: number } | undefined>;
  /** Unix milliseconds at which the certificate of the registry API ends; undefined without one. */
  certificateEnd(): Promise<number | undefined>;
}

/** Registers gauges that are read at each scrape, and absent where there is nothing to tell. */
export function roomMetrics(register: Registry, { disk, certificateEnd }: RoomSources): void {
  const free = "Bytes that the disk of the cache has left.";
  gaugeOf(register, "berth_disk_free_bytes", free, async () => (await disk())?.free);
  const reserved = "Bytes that Berth leaves free on that disk (cache.min_free).";
  gaugeOf(register, "berth_disk_reserved_bytes", reserved, async () => (await disk())?.reserved);
  const end = "Unix time at which the certificate of the registry API expires.";
  gaugeOf(register, "berth_certificate_expiry_timestamp_seconds", end, async () => {
    const at = await certificateEnd();
    return at === undefined ? undefined : at / 1000;
  });
}
