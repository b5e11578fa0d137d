/** Blobs by their use, verification and size, for those who keep the cache in order. */
import type { Catalog } from "./catalog.ts";
import { blobOf, type BlobRow } from "./rows.ts";

/** A place in the order of last use; the digest tells apart what was used in the same millisecond. */
export interface UsePosition {
  lastUsed: number;
  digest: string;
}

/**
 * At most `limit` blobs, the least recently used first, of those that come after `after` and were
 * last used at `until` (Unix ms) or earlier. Uses that were not flushed are not seen.
 */
export function leastRecentlyUsed(
  { db }: Catalog,
  after: UsePosition,
  until: number,
  limit: number,
): BlobRow[] {
  return db.prepare(
    `SELECT * FROM blobs WHERE (last_used, digest) > (?, ?) AND last_used <= ?
     ORDER BY last_used, digest LIMIT ?`,
  ).all(after.lastUsed, after.digest, until, limit).map(blobOf);
}

/** The blob that has gone unverified for longest, if that is since before `time` (Unix ms). */
export function longestUnverified({ db }: Catalog, time: number): BlobRow | undefined {
  const row = db.prepare("SELECT * FROM blobs WHERE verified < ? ORDER BY verified LIMIT 1")
    .get(time);
  return row && blobOf(row);
}

/** Every blob in the order of digests; what comes and goes meanwhile may be among them or not. */
export function* allBlobs({ db }: Catalog): Iterable<BlobRow> {
  const next = db.prepare("SELECT * FROM blobs WHERE digest > ? ORDER BY digest LIMIT 1");
  for (let row = next.get(""); row; row = next.get(String(row.digest))) yield blobOf(row);
}

/** Bytes of each of `digests` that is here. */
export function sizesOf({ db }: Catalog, digests: Iterable<string>): Map<string, number> {
  const size = db.prepare("SELECT size FROM blobs WHERE digest = ?");
  const found = new Map<string, number>();
  for (const digest of digests) {
    const row = size.get(digest);
    if (row) found.set(digest, Number(row.size));
  }
  return found;
}

/** Everything last used before `time` (Unix ms), with its bytes. */
export function usedBefore({ db }: Catalog, time: number): Map<string, number> {
  // Reading all rows is faster than looking many of them up one by one.
  const rows = db.prepare("SELECT digest, size FROM blobs NOT INDEXED WHERE last_used < ?")
    .all(time);
  return new Map(rows.map(({ digest, size }) => [String(digest), Number(size)]));
}
