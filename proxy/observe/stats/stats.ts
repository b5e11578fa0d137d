/** Statistics: what passes through, counted now, by registry and over time. */
import { existsSync, renameSync } from "node:fs";
import type { RecordSink, RequestRecord } from "../record.ts";
import { Activity } from "./activity.ts";
import { add, type Counts, countsOf, type Pace, paceAfter, zero } from "./counts.ts";
import { type Health, HealthTracker } from "./health.ts";
import { Mutes } from "./mutes.ts";
import { PullCounter } from "./pulls.ts";
import { Recent } from "./recent.ts";
import { type Row, StatsStore, StatsVersionError, type Step, STEPS } from "./store.ts";

const FLUSH_MS = 5000;
const SERIES = ["minute", "hour", "day"] as const;

export interface StatsOptions {
  /** The database; made where it is missing. `:memory:` keeps nothing. */
  file: string;
  /** Unix milliseconds; the system's clock where absent. */
  now?: () => number;
  /** Milliseconds between writes; 0 leaves writing to `flush`. */
  flushMs?: number;
}

/** Counters of all registries together and of each. */
export interface Totals {
  /** Unix milliseconds at which the counting began. */
  since: number;
  all: Counts;
  registries: Map<string, Counts>;
}

/** Counters of one step of a series. */
export interface Point {
  /** Unix milliseconds at which the step begins. */
  start: number;
  counts: Counts;
}

/**
 * Opens the statistics. A file that is damaged or of another version is moved aside, since charts
 * are not worth a start that fails. Throws where the directory cannot be written.
 */
export function openStats(options: StatsOptions): Stats {
  try {
    return new Stats(options);
  } catch (error) {
    if (!isUnusable(error)) throw error;
    for (const suffix of ["", "-wal", "-shm"]) moveAside(options.file + suffix);
    return new Stats(options);
  }
}

/** SQLITE_ERROR, _CORRUPT and _NOTADB: a file that is no database, or not one of ours. */
function isUnusable(error: unknown): boolean {
  return error instanceof StatsVersionError ||
    (error instanceof Error && "errcode" in error && [1, 11, 26].includes(Number(error.errcode)));
}

function moveAside(file: string): void {
  if (existsSync(file)) renameSync(file, `${file}.damaged`);
}

/** Counts in memory, writes in one transaction every few seconds, reads what both hold. */
export class Stats {
  readonly activity: Activity;
  readonly mutes: Mutes;
  readonly #health = new HealthTracker();
  readonly #recent: Recent;
  readonly #store: StatsStore;
  readonly #now: () => number;
  readonly #pulls = new PullCounter();
  readonly #totals = new Map<string, Counts>();
  readonly #paces: Map<string, Pace>;
  readonly #since: number;
  #pending = new Map<string, Row>();
  /** The pending rows of each registry's latest minute, so that a busy one looks them up once. */
  readonly #latest = new Map<string, { minute: number; rows: Row[] }>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #pruned = 0;
  #writeError = "";

  constructor(options: StatsOptions) {
    this.#now = options.now ?? Date.now;
    this.activity = new Activity(this.#now());
    this.#recent = new Recent(this.#now);
    this.#store = new StatsStore(options.file);
    this.mutes = new Mutes(this.#store, this.#now);
    this.#since = this.#store.since(this.#now());
    this.#paces = this.#store.paces();
    for (const row of this.#store.read("total", 0, 1)) this.#totals.set(row.registry, row.counts);
    const flushMs = options.flushMs ?? FLUSH_MS;
    if (flushMs > 0) this.#timer = setInterval(() => this.flush(), flushMs);
  }

  /** Counts one request; hand this to the proxy. */
  readonly sink: RecordSink = (record: RequestRecord): void => {
    const pace = this.pace(record.registry);
    const counts = countsOf(record, this.#pulls.begins(record), pace);
    add(entry(this.#totals, record.registry), counts);
    this.#recent.add(counts);
    for (const row of this.#rowsAt(record.time, record.registry)) add(row.counts, counts);
    if (record.registry !== "") this.#paces.set(record.registry, paceAfter(record, pace));
    this.#health.observe(record);
    this.activity.push(record);
  };

  /** Counts content that came from upstream for a request which had been counted before. */
  readonly addUpstreamBytes = (registry: string, bytes: number): void => {
    const counts = { ...zero(), bytesFromUpstream: bytes };
    add(entry(this.#totals, registry), counts);
    this.#recent.add(counts);
    for (const row of this.#rowsAt(this.#now(), registry)) add(row.counts, counts);
  };

  /** Everything counted since the file was made. */
  totals(): Totals {
    const all = zero();
    for (const counts of this.#totals.values()) add(all, counts);
    return { since: this.#since, all, registries: this.#totals };
  }

  /** Counters over the last 60 seconds. */
  lastMinute(): Counts {
    return this.#recent.sum();
  }

  /** How fast `registry` has been of late. */
  pace(registry: string): Pace {
    return this.#paces.get(registry) ?? { bytesPerSecond: 0, latencyMs: 0 };
  }

  /** What is known of the reachability of `registry`. */
  healthOf(registry: string): Health | undefined {
    return this.#health.of(registry);
  }

  /**
   * Counters by step over `[from, to)`, oldest first, of one registry or of all. A step in which
   * Berth ran and nothing was asked is zero; one in which it did not run is absent.
   */
  series(step: Exclude<Step, "total">, from: number, to: number, registry?: string): Point[] {
    const points = new Map<number, Counts>();
    for (const row of this.#rows(step, begin(step, from), to)) {
      const counts = entry(points, row.start);
      if (registry === undefined || row.registry === registry) add(counts, row.counts);
    }
    return [...points].map(([start, counts]) => ({ start, counts })).sort((a, b) =>
      a.start - b.start
    );
  }

  /** Counters of each registry over `[from, to)`; the first step counts whole. */
  byRegistry(step: Exclude<Step, "total">, from: number, to: number): Map<string, Counts> {
    const sums = new Map<string, Counts>();
    for (const row of this.#rows(step, begin(step, from), to)) {
      add(entry(sums, row.registry), row.counts);
    }
    return sums;
  }

  /** Why the last write failed; empty while writing works. */
  get writeError(): string {
    return this.#writeError;
  }

  /** Writes what is not on disk yet. A full disk is remembered and tried again the next time. */
  flush(): void {
    const now = this.#now();
    for (const step of SERIES) this.#row(step, begin(step, now), "");
    try {
      this.#store.write(this.#pending.values(), this.#paces);
      this.#pending = new Map();
      this.#latest.clear();
      if (now - this.#pruned >= STEPS.hour) this.#store.prune(this.#pruned = now);
      this.#writeError = "";
    } catch (error) {
      this.#writeError = error instanceof Error ? error.message : String(error);
      this.#forgetOldPending(now);
    }
  }

  /** Writes the rest and closes the file. */
  close(): void {
    clearInterval(this.#timer);
    this.flush();
    this.#store.close();
  }

  *#rows(step: Step, from: number, to: number): Generator<Row> {
    yield* this.#store.read(step, from, to);
    for (const row of this.#pending.values()) {
      if (row.step === step && row.start >= from && row.start < to) yield row;
    }
  }

  /** The pending rows in which a request of that time counts. */
  #rowsAt(time: number, registry: string): Row[] {
    const minute = begin("minute", time);
    const latest = this.#latest.get(registry);
    if (latest?.minute === minute) return latest.rows;
    const rows = SERIES.map((step) => this.#row(step, begin(step, time), registry));
    rows.push(this.#row("total", 0, registry));
    this.#latest.set(registry, { minute, rows });
    return rows;
  }

  #row(step: Step, start: number, registry: string): Row {
    const key = `${step} ${start} ${registry}`;
    let row = this.#pending.get(key);
    if (!row) this.#pending.set(key, row = { step, start, registry, counts: zero() });
    return row;
  }

  #forgetOldPending(now: number): void {
    for (const [key, row] of this.#pending) {
      if (row.step === "minute" && now - row.start > STEPS.day) this.#pending.delete(key);
    }
    this.#latest.clear();
  }
}

function begin(step: Exclude<Step, "total">, time: number): number {
  return time - time % STEPS[step];
}

function entry<Key>(map: Map<Key, Counts>, key: Key): Counts {
  let counts = map.get(key);
  if (!counts) map.set(key, counts = zero());
  return counts;
}
