/** SQLite as the catalog uses it: how its file is opened, what counts as damage, transactions. */
import { DatabaseSync } from "node:sqlite";
import { IndexDamaged, StorageError } from "../errors.ts";
import { migrate } from "./schema.ts";

/**
 * Opens or creates the database at `path`, brings its tables up to date and hands it to `use`.
 * Throws CacheTooNew, or {@linkcode IndexDamaged} where the file is no sound database.
 *
 * WAL without a sync on each commit: a power cut may take the last rows, never the file's soundness.
 */
export function openDatabase<T>(path: string, use: (db: DatabaseSync) => T): T {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    // Prepared, not executed: only then do errors carry SQLite's code.
    db.prepare("PRAGMA journal_mode = WAL").get();
    db.exec("PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768");
    migrate(db, path);
    return use(db);
  } catch (error) {
    if (db?.isOpen) db.close();
    const cause = error instanceof StorageError ? error.cause : error;
    throw isDamage(cause) ? new IndexDamaged(path, cause.message, { cause }) : error;
  }
}

/** Looks through all pages. Throws {@linkcode IndexDamaged}, naming `path`, where they do not fit. */
export function checkPages(db: DatabaseSync, path: string): void {
  const verdict = String(db.prepare("PRAGMA quick_check(1)").get()?.quick_check);
  if (verdict !== "ok") throw new IndexDamaged(path, verdict);
}

/** What `work` returns; throws a {@linkcode StorageError} that names `path` where SQLite refuses. */
export function reportingErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isRefusal(error) ? new StorageError("use the index", path, error) : error;
  }
}

/** Runs `work` in a transaction; one within another is part of it. */
export function inTransaction(db: DatabaseSync, work: () => void): void {
  if (db.isTransaction) return work();
  db.prepare("BEGIN IMMEDIATE").run();
  try {
    work();
    db.prepare("COMMIT").run();
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** SQLite's own words for a file that is no sound database, or lacks what it must hold. */
const DAMAGE = new Set([1, /* ERROR */ 11, /* CORRUPT */ 26 /* NOTADB */]);

function isDamage(error: unknown): error is SqliteError {
  return isRefusal(error) && DAMAGE.has(error.errcode & 0xff);
}

/** An error with one of SQLite's result codes. */
type SqliteError = Error & { errcode: number };

function isRefusal(error: unknown): error is SqliteError {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}
