/** The audit log: what is worth an entry, how often, and for how long it is kept. */
import { openOrMoveAside } from "../moved_aside.ts";
import { type AuditEntry, type AuditFilter, auditLine, type AuditRow } from "./entry.ts";
import { AuditStore } from "./store.ts";

const MINUTE_MS = 60e3;
const HOUR_MS = 3600e3;
/** Entries of a minute of what failed or was refused; the rest of them is counted in one. */
const FAILURES_A_MINUTE = 60;
/** Longer texts and lists are cut. */
const LONGEST_TEXT = 500;
const MOST_CHANGES = 100;

export interface AuditOptions {
  /** The database; made where it is missing. `:memory:` keeps nothing. */
  file: string;
  /** Unix milliseconds. */
  now: () => number;
  /** Writes a line of the log: a warning where something was refused or failed. */
  log: (level: "info" | "warn", line: string, entry: AuditEntry) => void;
  /** Told of what cannot be kept. */
  failed: (error: unknown) => void;
  /** Entries that are kept; see `AuditStore`. */
  most?: { done: number; other: number };
}

interface Repeated {
  readonly id: number;
  count: number;
  written: number;
}

/** Opens the audit log; a file that is damaged is moved aside. Throws where it cannot be written. */
export function openAudit(options: AuditOptions): Audit {
  return new Audit(
    options,
    openOrMoveAside(options.file, () => new AuditStore(options.file, options.most)),
  );
}

export class Audit {
  readonly #options: AuditOptions;
  readonly #store: AuditStore;
  #minute = 0;
  /** What happened in this minute, so that the same becomes one entry with a count. */
  readonly #repeated = new Map<string, Repeated>();
  #failures = 0;
  #pruned = 0;

  constructor(options: AuditOptions, store: AuditStore) {
    this.#options = options;
    this.#store = store;
  }

  /**
   * Keeps `entry`, and tells it in the log. The same entry once more within a minute is counted, and
   * so is what fails beyond {@linkcode FAILURES_A_MINUTE}: guessing fills neither disk nor page.
   * Never throws: what was done is done, whether or not the disk has room for it.
   */
  record(entry: AuditEntry): void {
    const cut = shortened(entry);
    const time = this.#options.now();
    try {
      this.#turn(time);
      const first = this.#add(time, cut);
      // The log has each attempt at a password, which the brake bounds; not each that it held off.
      if (first || cut.outcome !== "refused" || !/^Too many/.test(cut.detail)) this.#log(cut);
    } catch (error) {
      this.#log(cut);
      this.#options.failed(error);
    }
  }

  /** Up to `limit` matching entries, newest first, numbered below `before` where given. */
  search(filter: AuditFilter, limit: number, before = Number.MAX_SAFE_INTEGER): AuditRow[] {
    this.#writeCounts();
    return this.#store.search(filter, limit, before);
  }

  close(): void {
    this.#writeCounts();
    this.#store.close();
  }

  /** True for the first of its kind in this minute. */
  #add(time: number, entry: AuditEntry): boolean {
    const failure = entry.outcome !== "done";
    let [kept, key] = [entry, JSON.stringify(entry)];
    if (failure && this.#failures >= FAILURES_A_MINUTE && !this.#repeated.has(key)) {
      kept = { ...entry, user: "", address: "", target: "", changes: [], detail: "and others" };
      key = JSON.stringify(kept);
    }
    const before = this.#repeated.get(key);
    if (before) {
      before.count++;
      return false;
    }
    const id = this.#store.add(time, kept);
    if (failure) this.#failures++;
    this.#repeated.set(key, { id, count: 1, written: 1 });
    return true;
  }

  /** Begins another minute where it is one. */
  #turn(time: number): void {
    const minute = Math.floor(time / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#writeCounts();
    this.#repeated.clear();
    this.#minute = minute;
    this.#failures = 0;
    if (time - this.#pruned < HOUR_MS) return;
    this.#pruned = time;
    this.#store.prune(time);
  }

  /** Counts are written when somebody looks, with the next minute, and at the end. */
  #writeCounts(): void {
    for (const repeated of this.#repeated.values()) {
      if (repeated.count === repeated.written) continue;
      try {
        this.#store.setCount(repeated.id, repeated.count);
        repeated.written = repeated.count;
      } catch (error) {
        return this.#options.failed(error);
      }
    }
  }

  /** A reload that nobody asked for has its line already. */
  #log(entry: AuditEntry): void {
    if (["file", "signal", "map", "cluster"].includes(entry.via)) return;
    this.#options.log(entry.outcome === "done" ? "info" : "warn", auditLine(entry), entry);
  }
}

function shortened(entry: AuditEntry): AuditEntry {
  const cut = (text: string) =>
    text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return {
    ...entry,
    user: cut(entry.user),
    target: cut(entry.target),
    detail: cut(entry.detail),
    changes: entry.changes.slice(0, MOST_CHANGES).map((change) => ({
      ...change,
      before: cut(change.before),
      after: cut(change.after),
    })),
  };
}
