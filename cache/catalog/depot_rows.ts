/** What is known of the depot, and what is to go there: rows in the catalog's database. */
import type { DatabaseSync } from "node:sqlite";
import type { StoredObject } from "../change.ts";
import type { DepotBooks } from "./apply.ts";
import type { Catalog } from "./catalog.ts";
import { depotRowOf } from "./rows.ts";
import { reporting } from "./statements.ts";
import type { UsePosition } from "./use.ts";

/** An object in the depot. */
export interface DepotRow extends StoredObject {}

export class DepotRows implements DepotBooks {
  readonly #db: DatabaseSync;
  readonly #catalog: Catalog;
  readonly #sql: ReturnType<typeof depotStatements>;
  #totals: { objects: number; bytes: number };
  #queued: number;

  constructor(catalog: Catalog) {
    this.#db = catalog.db;
    this.#catalog = catalog;
    this.#sql = depotStatements(catalog.db, catalog.path);
    this.#totals = this.#count();
    this.#queued = Number(this.#sql.queueLength.get()!.count);
    catalog.depot = this;
  }

  /** Objects and their bytes, as far as known. */
  get totals(): Readonly<{ objects: number; bytes: number }> {
    return this.#totals;
  }

  /** Blobs that wait to be put there. */
  get queued(): number {
    return this.#queued;
  }

  get(digest: string): DepotRow | undefined {
    const row = this.#sql.get.get(digest);
    return row && depotRowOf(row);
  }

  /** The object is there; it is not to be put there any more. */
  add(row: DepotRow): void {
    const before = this.get(row.digest);
    const mediaType = row.mediaType || before?.mediaType || "";
    const lastUsed = Math.max(row.lastUsed, before?.lastUsed ?? 0);
    this.#catalog.transaction(() => {
      this.#sql.add.run({ ...row, mediaType, lastUsed });
      this.dequeue(row.digest);
    });
    this.#totals.bytes += row.size - (before?.size ?? 0);
    if (!before) this.#totals.objects++;
    if (before?.size === row.size && before.mediaType === mediaType) return;
    const references = this.#catalog.references(row.digest);
    this.#catalog.tell({ kind: "stored", object: { ...row, mediaType, lastUsed }, references });
  }

  /** Those are not there any more. */
  remove(digests: Iterable<string>): void {
    this.#catalog.transaction(() => {
      for (const digest of digests) {
        const before = this.get(digest);
        if (!before) continue;
        this.#sql.remove.run(digest);
        this.#totals.bytes -= before.size;
        this.#totals.objects--;
        this.#catalog.tell({ kind: "unstored", digests: [digest] });
      }
    });
  }

  /** Runs `work` in one transaction. */
  together(work: () => void): void {
    this.#catalog.transaction(work);
  }

  used(digest: string, at: number): void {
    this.#sql.used.run(at, digest);
  }

  /** Takes over when what is on the disk, too, was used there at `since` (Unix ms) or later. */
  takeUses(since: number): void {
    this.#db.prepare(
      `UPDATE depot SET last_used = blobs.last_used FROM blobs
       WHERE blobs.last_used >= ? AND blobs.digest = depot.digest
         AND blobs.last_used > depot.last_used`,
    ).run(since);
  }

  /** At most `limit` of those last used at `until` or earlier, the least recently used first. */
  leastRecentlyUsed(after: UsePosition, until: number, limit: number): DepotRow[] {
    return this.#db.prepare(
      `SELECT * FROM depot WHERE (last_used, digest) > (?, ?) AND last_used <= ?
       ORDER BY last_used, digest LIMIT ?`,
    ).all(after.lastUsed, after.digest, until, limit).map(depotRowOf);
  }

  /** The first one whose digest comes after `after`. */
  next(after: string): DepotRow | undefined {
    const row = this.#db.prepare("SELECT * FROM depot WHERE digest > ? ORDER BY digest LIMIT 1")
      .get(after);
    return row && depotRowOf(row);
  }

  /** `digest` is to be put there. */
  enqueue(digest: string, now: number): void {
    this.#queued += Number(this.#sql.enqueue.run(digest, now).changes);
  }

  /** As {@linkcode enqueue}, of every blob that the depot does not have. */
  enqueueMissing(now: number): void {
    const { changes } = this.#db.prepare(
      `INSERT OR IGNORE INTO depot_queue
       SELECT digest, ? FROM blobs WHERE digest NOT IN (SELECT digest FROM depot)`,
    ).run(now);
    this.#queued += Number(changes);
  }

  dequeue(digest: string): void {
    this.#queued -= Number(this.#sql.dequeue.run(digest).changes);
  }

  /** The `limit` digests that have waited for longest. */
  waiting(limit: number): string[] {
    return this.#sql.waiting.all(limit).map(({ digest }) => String(digest));
  }

  /** Forgets everything: it is of another depot. */
  clear(): void {
    this.#catalog.transaction(() => {
      this.#db.exec("DELETE FROM depot; DELETE FROM depot_queue");
    });
    this.#totals = { objects: 0, bytes: 0 };
    this.#queued = 0;
  }

  forget(): void {
    this.#db.exec("DELETE FROM depot");
    this.#totals = { objects: 0, bytes: 0 };
  }

  recount(): void {
    this.#totals = this.#count();
  }

  #count(): { objects: number; bytes: number } {
    const { objects, bytes } = this.#sql.totals.get()!;
    return { objects: Number(objects), bytes: Number(bytes) };
  }
}

function depotStatements(db: DatabaseSync, path: string) {
  const sql = (text: string) => reporting(db.prepare(text), path);
  return {
    get: sql("SELECT * FROM depot WHERE digest = ?"),
    add: sql(
      "INSERT OR REPLACE INTO depot VALUES (:digest, :size, :mediaType, :created, :lastUsed)",
    ),
    remove: sql("DELETE FROM depot WHERE digest = ?"),
    used: sql("UPDATE depot SET last_used = max(last_used, ?) WHERE digest = ?"),
    totals: sql("SELECT count(*) AS objects, coalesce(sum(size), 0) AS bytes FROM depot"),
    enqueue: sql("INSERT OR IGNORE INTO depot_queue VALUES (?, ?)"),
    dequeue: sql("DELETE FROM depot_queue WHERE digest = ?"),
    waiting: sql("SELECT digest FROM depot_queue ORDER BY queued, digest LIMIT ?"),
    queueLength: sql("SELECT count(*) AS count FROM depot_queue"),
  };
}
