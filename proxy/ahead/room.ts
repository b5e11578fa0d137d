/** Whether there is room for what is to come. Pure. */
import { formatSize } from "../../base/units.ts";
import type { Usage } from "../../cache/api.ts";

/**
 * Why `bytes` have no room, in words; empty where they have. What is pinned stays, and `pledged` bytes
 * are on their way; everything else makes room.
 */
export function noRoom(bytes: number, usage: Usage, pledged: number): string {
  const { maxSize, pinnedBytes, minFree, diskFree } = usage;
  const onDisk = usage.bytes + Math.max(0, diskFree - minFree);
  const size = Math.min(maxSize, onDisk);
  const room = Math.max(0, size - pinnedBytes - pledged);
  if (bytes <= room) return "";
  const limit = maxSize <= onDisk
    ? `cache.max_size is ${formatSize(maxSize)}`
    : `the disk has ${formatSize(diskFree)} free, of which cache.min_free keeps ${
      formatSize(minFree)
    }`;
  return `${formatSize(bytes)} are to come and there is room for ${formatSize(room)}: ${
    formatSize(bytes - room)
  } are missing (${limit}, pins hold ${formatSize(pinnedBytes)})`;
}
