/** Counters on disk, so that charts and totals survive a restart. */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { CLIENT_TABLES, ClientStore, type Who } from "./client_store.ts";
import { COUNTERS, type Counts, type Pace } from "./counts.ts";
import type { StorageDay } from "./storage_days.ts";

/** Milliseconds of one step of a series; `total` is everything since the file was made. */
export const STEPS = { total: 0, minute: 60e3, hour: 3600e3, day: 86400e3 } as const;
export type Step = keyof typeof STEPS;

/** How long each step is kept, in milliseconds. */
export const KEEP: Record<Exclude<Step, "total">, number> = {
  minute: 25 * STEPS.hour,
  hour: 31 * STEPS.day,
  day: 400 * STEPS.day,
};

const VERSION = 3;

/** Counters of one registry in one step. */
export interface Row {
  step: Step;
  /** Unix milliseconds at which the step begins; 0 for `total`. */
  start: number;
  registry: string;
  counts: Counts;
}

/** The file was written by a newer version. */
export class StatsVersionError extends Error {
  constructor(readonly found: number) {
    super(`statistics are of version ${found}, this one knows ${VERSION}`);
    this.name = "StatsVersionError";
  }
}

/** A small database of its own: losing it costs charts, never content. */
export class StatsStore {
  readonly #db: DatabaseSync;
  /** Clients and their pulls. */
  readonly clients: ClientStore;

  /** Opens or creates `file` (`:memory:` in tests). Throws where it is damaged or cannot be written. */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    try {
      this.#prepare();
      this.clients = new ClientStore(this.#db);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /**
   * Adds rows, sets paces and tells of clients in one transaction. Throws where the disk refuses;
   * nothing is kept then.
   */
  write(rows: Iterable<Row>, paces: ReadonlyMap<string, Pace>, who?: Who): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const upsert = this.#db.prepare(UPSERT);
      for (const { step, start, registry, counts } of rows) {
        upsert.run(STEPS[step], start, registry, ...COUNTERS.map((counter) => counts[counter]));
      }
      const pace = this.#db.prepare("INSERT OR REPLACE INTO paces VALUES (?, ?, ?)");
      for (const [registry, { bytesPerSecond, latencyMs }] of paces) {
        pace.run(registry, bytesPerSecond, latencyMs);
      }
      if (who) this.clients.write(who);
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Rows of `step` that begin in `[from, to)`, oldest first. */
  read(step: Step, from: number, to: number): Row[] {
    const rows = this.#db.prepare(
      "SELECT * FROM counts WHERE step = ? AND start >= ? AND start < ? ORDER BY start",
    ).all(STEPS[step], from, to);
    return rows.map((row) => ({
      step,
      start: Number(row.start),
      registry: String(row.registry),
      counts: countsFrom(row),
    }));
  }

  /** Paces by registry, as last written. */
  paces(): Map<string, Pace> {
    const rows = this.#db.prepare("SELECT * FROM paces").all();
    return new Map(rows.map((row) => [
      String(row.registry),
      { bytesPerSecond: Number(row.bytes_per_second), latencyMs: Number(row.latency_ms) },
    ]));
  }

  /** Unix milliseconds at which the counting began; recorded as `now` at the first call. */
  since(now: number): number {
    this.#db.prepare("INSERT OR IGNORE INTO facts VALUES ('since', ?)").run(now);
    return Number(this.#db.prepare("SELECT value FROM facts WHERE name = 'since'").get()!.value);
  }

  /** Notices that are muted, with the Unix milliseconds until which. */
  mutes(): Map<string, number> {
    const rows = this.#db.prepare("SELECT * FROM facts WHERE name GLOB 'mute *'").all();
    return new Map(rows.map(({ name, value }) => [String(name).slice(5), Number(value)]));
  }

  /** Mutes the notice `id` until a time in Unix milliseconds; undefined: not any more. */
  setMute(id: string, until: number | undefined): void {
    if (until === undefined) {
      this.#db.prepare("DELETE FROM facts WHERE name = ?").run(`mute ${id}`);
    } else {
      this.#db.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)").run(`mute ${id}`, until);
    }
  }

  /** What {@linkcode writeStorageDays} has kept. */
  storageDays(): StorageDay[] {
    const days = new Map<number, StorageDay>();
    const rows = this.#db.prepare("SELECT * FROM facts WHERE name GLOB 'storage *'").all();
    for (const { name, value } of rows) {
      const [, number, figure] = String(name).split(" ");
      const day = Number(number);
      const known = days.get(day) ?? { day, evicted: 0, unusedSeconds: 0 };
      days.set(day, { ...known, [figure!]: Number(value) });
    }
    return [...days.values()];
  }

  /** Keeps the figures of `days`, and none from before the day `oldest`. */
  writeStorageDays(days: Iterable<StorageDay>, oldest: number): void {
    const set = this.#db.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)");
    for (const { day, ...figures } of days) {
      for (const [figure, value] of Object.entries(figures)) {
        if (value !== undefined) set.run(`storage ${day} ${figure}`, Math.round(value));
      }
    }
    this.#db.prepare(
      `DELETE FROM facts WHERE name GLOB 'storage *'
       AND CAST(substr(name, 9, instr(substr(name, 9), ' ') - 1) AS INTEGER) < ?`,
    ).run(oldest);
  }

  /** Drops what is older than its step is kept. */
  prune(now: number): void {
    const remove = this.#db.prepare("DELETE FROM counts WHERE step = ? AND start < ?");
    for (const step of ["minute", "hour", "day"] as const) {
      remove.run(STEPS[step], now - KEEP[step]);
    }
    this.clients.prune(now);
  }

  close(): void {
    this.#db.close();
  }

  #prepare(): void {
    // First of all: `exec` does not say which error it met, `prepare` does.
    const version = Number(this.#db.prepare("PRAGMA user_version").get()!.user_version);
    this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    if (version > VERSION) throw new StatsVersionError(version);
    if (version === VERSION) return;
    const steps = MIGRATIONS.slice(version).join("");
    this.#db.exec(`BEGIN; ${steps} PRAGMA user_version = ${VERSION}; COMMIT;`);
  }
}

/** A step is never edited once released: the next one is appended. */
const MIGRATIONS = [
  `CREATE TABLE counts (step INTEGER, start INTEGER, registry TEXT,
     requests REAL NOT NULL, pulls REAL NOT NULL, hits REAL NOT NULL, misses REAL NOT NULL,
     stale REAL NOT NULL, errors REAL NOT NULL, bytesFromCache REAL NOT NULL,
     bytesFromUpstream REAL NOT NULL, timeSavedMs REAL NOT NULL,
     PRIMARY KEY (step, start, registry)) STRICT, WITHOUT ROWID;
   CREATE TABLE paces (registry TEXT PRIMARY KEY, bytes_per_second REAL, latency_ms REAL) STRICT;
   CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER) STRICT;`,
  "ALTER TABLE counts ADD COLUMN refused REAL NOT NULL DEFAULT 0;",
  CLIENT_TABLES,
];

const UPSERT = `INSERT INTO counts (step, start, registry, ${
  COUNTERS.join(", ")
}) VALUES (?, ?, ?, ${COUNTERS.map(() => "?").join(", ")})
  ON CONFLICT DO UPDATE SET ${COUNTERS.map((name) => `${name} = ${name} + excluded.${name}`)}`;

function countsFrom(row: Record<string, SQLOutputValue>): Counts {
  return Object.fromEntries(COUNTERS.map((name) => [name, Number(row[name])])) as Counts;
}
