/** The audit log on disk. */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import type { Action, AuditEntry, AuditFilter, AuditRow, Outcome, Way } from "./entry.ts";

/** How long an entry is kept, in milliseconds. */
const KEEP = 365 * 86400e3;
/** What was done and what was not have room of their own: a guesser pushes no change out. */
const MOST = { done: 100_000, other: 20_000 } as const;

/** A database of its own, which versions only add to: an older one reads a newer one's. */
export class AuditStore {
  readonly #db: DatabaseSync;

  /** Opens or creates `file`. Throws where it is damaged or cannot be written. */
  constructor(file: string, readonly most: { done: number; other: number } = MOST) {
    this.#db = new DatabaseSync(file);
    try {
      // First of all: `exec` does not say which error it met, `prepare` does.
      this.#db.prepare("PRAGMA user_version").get();
      this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Keeps `entry` and returns its id. Throws where the disk refuses. */
  add(time: number, entry: AuditEntry): number {
    const { user, via, address, action, target, outcome, detail, changes } = entry;
    const { lastInsertRowid } = this.#db.prepare(
      `INSERT INTO audit (time, user, via, address, action, target, outcome, detail, changes, count)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
    ).run(time, user, via, address, action, target, outcome, detail, JSON.stringify(changes));
    return Number(lastInsertRowid);
  }

  /** Sets how often the entry `id` happened. Throws where the disk refuses. */
  setCount(id: number, count: number): void {
    this.#db.prepare("UPDATE audit SET count = ? WHERE id = ?").run(count, id);
  }

  /** Up to `limit` matching entries, newest first, numbered below `before`. */
  search(filter: AuditFilter, limit: number, before: number): AuditRow[] {
    const { from = 0, to = Number.MAX_SAFE_INTEGER, user = "", action, outcome } = filter;
    const rows = this.#db.prepare(
      `SELECT * FROM audit WHERE id < ? AND time >= ? AND time < ?
         AND (? = '' OR instr(lower(user), ?) > 0)
         AND (? IS NULL OR action = ?) AND (? IS NULL OR outcome = ?)
       ORDER BY id DESC LIMIT ?`,
    ).all(
      ...[before, from, to, user, user.toLowerCase()],
      ...[action ?? null, action ?? null, outcome ?? null, outcome ?? null, limit],
    );
    return rows.map(rowOf);
  }

  /** Drops what is too old or too much. */
  prune(now: number): void {
    this.#db.prepare("DELETE FROM audit WHERE time < ?").run(now - KEEP);
    const remove = (which: string, most: number) =>
      this.#db.prepare(
        `DELETE FROM audit WHERE ${which} AND id <=
           (SELECT id FROM audit WHERE ${which} ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      ).run(most);
    remove("outcome = 'done'", this.most.done);
    remove("outcome <> 'done'", this.most.other);
  }

  close(): void {
    this.#db.close();
  }
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,
    user TEXT NOT NULL, via TEXT NOT NULL, address TEXT NOT NULL,
    action TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL,
    detail TEXT NOT NULL, changes TEXT NOT NULL, count INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS audit_time ON audit (time);`;

function rowOf(row: Record<string, SQLOutputValue>): AuditRow {
  return {
    id: Number(row.id),
    time: Number(row.time),
    user: String(row.user),
    via: String(row.via) as Way,
    address: String(row.address),
    action: String(row.action) as Action,
    target: String(row.target),
    outcome: String(row.outcome) as Outcome,
    detail: String(row.detail),
    changes: JSON.parse(String(row.changes)),
    count: Number(row.count),
  };
}
