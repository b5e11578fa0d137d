/** The statements that requests need, prepared once. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { reportingErrors } from "./sqlite.ts";

type Statement = Pick<StatementSync, "get" | "all" | "run">;

/**
 * Prepares them on `db`, whose tables are up to date. Each throws a StorageError that names `path`
 * where SQLite refuses.
 */
export function statements(db: DatabaseSync, path: string) {
  const sql = (text: string) => reporting(db.prepare(text), path);
  return {
    blob: sql("SELECT * FROM blobs WHERE digest = ?"),
    addBlob: sql(
      `INSERT INTO blobs VALUES (:digest, :size, :mediaType, :created, :lastUsed, 0, :verified)
       ON CONFLICT DO UPDATE SET size = :size, verified = :verified,
         media_type = iif(:mediaType = '', media_type, :mediaType)`,
    ),
    removeBlob: sql("DELETE FROM blobs WHERE digest = ?"),
    touch: sql(
      "UPDATE blobs SET hits = :hits, last_used = :lastUsed, verified = :verified WHERE digest = :digest",
    ),
    addUses: sql(
      "UPDATE blobs SET hits = hits + :hits, last_used = max(last_used, :at) WHERE digest = :digest",
    ),
    totals: sql("SELECT count(*) AS blobs, coalesce(sum(size), 0) AS bytes FROM blobs"),
    link: sql(
      "INSERT INTO members VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen",
    ),
    linked: sql("SELECT 1 FROM members WHERE repository = ? AND digest = ?"),
    unlinkDigest: sql("DELETE FROM members WHERE digest = ?"),
    members: sql("SELECT digest FROM members WHERE repository = ?"),
    unlink: sql("DELETE FROM members WHERE repository = ? AND digest = ?"),
    // Two digests cannot be told to be of the same content, but their sizes can.
    unlinkAliases: sql(
      `DELETE FROM members WHERE repository = :repository
         AND substr(digest, 1, length(:algorithm)) <> :algorithm
         AND (:size IS NULL OR digest IN (SELECT digest FROM blobs WHERE size = :size))`,
    ),
    forgetMembers: sql(
      "DELETE FROM members WHERE seen < ? AND digest NOT IN (SELECT digest FROM blobs)",
    ),
    forgetTags: sql(
      `DELETE FROM tags WHERE checked_at < ? AND digest NOT IN (SELECT digest FROM blobs)
         AND digest NOT IN (SELECT digest FROM depot)`,
    ),
    forgetRefs: sql(
      `DELETE FROM refs WHERE parent NOT IN (SELECT digest FROM blobs)
         AND parent NOT IN (SELECT digest FROM depot)
         AND parent NOT IN (SELECT digest FROM members)`,
    ),
    tag: sql(
      "SELECT * FROM tags WHERE registry = ? AND repository = ? AND tag = ? AND accept = ?",
    ),
    tags: sql("SELECT * FROM tags WHERE registry = ? AND repository = ? AND tag = ?"),
    setTag: sql("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
    deleteTag: sql("DELETE FROM tags WHERE registry = ? AND repository = ? AND tag = ?"),
    deleteTagsIn: sql("DELETE FROM tags WHERE registry || '/' || repository = ? AND digest = ?"),
    deleteTagsOf: sql("DELETE FROM tags WHERE digest = ?"),
    addRef: sql("INSERT OR REPLACE INTO refs VALUES (?, ?, ?, ?, ?, ?, ?)"),
    refs: sql("SELECT * FROM refs WHERE parent = ? ORDER BY position"),
    removeRefs: sql("DELETE FROM refs WHERE parent = ?"),
    pin: sql("INSERT OR IGNORE INTO pins VALUES (?, ?)"),
    unpin: sql("DELETE FROM pins WHERE pattern = ?"),
    pins: sql("SELECT pattern FROM pins ORDER BY pattern"),
    setState: sql("INSERT OR REPLACE INTO state VALUES (?, ?)"),
    state: sql("SELECT value FROM state WHERE key = ?"),
  };
}

export type Statements = ReturnType<typeof statements>;

/** `statement` with errors that are a StorageError which names `path`. */
export function reporting(statement: StatementSync, path: string): Statement {
  const guard = <A extends unknown[], R>(method: (...values: A) => R) => (...values: A): R =>
    reportingErrors(path, () => method.apply(statement, values));
  return {
    get: guard(statement.get) as Statement["get"],
    all: guard(statement.all) as Statement["all"],
    run: guard(statement.run) as Statement["run"],
  };
}
