/** Statistics: what passes through, counted now, by registry and over time. */
import { openOrMoveAside } from "../moved_aside.ts";
import type { RecordSink, RequestRecord } from "../record.ts";
import { Activity } from "./activity.ts";
import type { ClientStore } from "./client_store.ts";
import { ClientBook, type ClientTally } from "./clients.ts";
import { add, addRequest, clear, type Counts, type Pace, paceAfter, zero } from "./counts.ts";
import { type Health, HealthTracker } from "./health.ts";
import { Mutes } from "./mutes.ts";
import { PullBook } from "./pulls.ts";
import { Recent } from "./recent.ts";
import { StorageDays } from "./storage_days.ts";
import { type Row, StatsStore, StatsVersionError, type Step, STEPS } from "./store.ts";

const FLUSH_MS = 5000;
/** What clients did and could not be written, while the disk refuses. */
const UNTOLD = 20_000;
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

/** Requests to one registry within one second, so that each is counted in one place only. */
interface Gathered {
  /** Unix seconds in which they ended. */
  readonly second: number;
  /** Unix milliseconds at which the minute began in which they came in. */
  readonly minute: number;
  readonly counts: Counts;
}

/**
 * Opens the statistics. A file that is damaged or of another version is moved aside, since charts
 * are not worth a start that fails. Throws where the directory cannot be written.
 */
export function openStats(options: StatsOptions): Stats {
  const newer = (error: unknown) => error instanceof StatsVersionError;
  return openOrMoveAside(options.file, () => new Stats(options), newer);
}

/** Counts in memory, writes in one transaction every few seconds, reads what both hold. */
export class Stats {
  readonly activity: Activity;
  readonly mutes: Mutes;
  readonly storage: StorageDays;
  readonly #health = new HealthTracker();
  readonly #recent: Recent;
  readonly #store: StatsStore;
  readonly #now: () => number;
  readonly #pulls: PullBook;
  readonly #clients = new ClientBook();
  #untold: ClientTally[] = [];
  readonly #totals = new Map<string, Counts>();
  readonly #sinceStart = new Map<string, Counts>();
  readonly #paces: Map<string, Pace>;
  readonly #since: number;
  #pending = new Map<string, Row>();
  readonly #gathered = new Map<string, Gathered>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #pruned = 0;
  #writeError = "";

  constructor(options: StatsOptions) {
    this.#now = options.now ?? Date.now;
    this.activity = new Activity(this.#now());
    this.#recent = new Recent(this.#now);
    this.#store = new StatsStore(options.file);
    this.mutes = new Mutes(this.#store, this.#now);
    this.#pulls = new PullBook(this.#store.clients.lastPull());
    this.storage = new StorageDays(this.#store, this.#now);
    this.#since = this.#store.since(this.#now());
    this.#paces = this.#store.paces();
    for (const row of this.#store.read("total", 0, 1)) this.#totals.set(row.registry, row.counts);
    const flushMs = options.flushMs ?? FLUSH_MS;
    if (flushMs > 0) this.#timer = setInterval(() => this.flush(), flushMs);
  }

  /** Counts one request; hand this to the proxy. */
  readonly sink: RecordSink = (record: RequestRecord): void => {
    if (record.via === "prefetch") {
      this.addUpstreamBytes(record.registry, record.upstreamBytes);
    } else this.#countRequest(record);
    this.#health.observe(record);
    this.activity.push(record);
  };

  #countRequest(record: RequestRecord): void {
    const { registry } = record;
    const pace = this.pace(registry);
    const pull = this.#pulls.add(record);
    addRequest(this.#countsAt(record.time, registry), record, pull, pace);
    this.#clients.add(record, pull, this.#now());
    const next = paceAfter(record, pace);
    if (next !== pace && registry !== "") this.#paces.set(registry, next);
  }

  /** Counts content that came from upstream for a request which had been counted before. */
  readonly addUpstreamBytes = (registry: string, bytes: number): void => {
    this.#countsAt(this.#now(), registry).bytesFromUpstream += bytes;
  };

  /** Everything counted since the file was made. */
  totals(): Totals {
    this.#settle();
    const all = zero();
    for (const counts of this.#totals.values()) add(all, counts);
    return { since: this.#since, all, registries: this.#totals };
  }

  /** Counters of each registry since this process began. */
  sinceStart(): ReadonlyMap<string, Readonly<Counts>> {
    this.#settle();
    return this.#sinceStart;
  }

  /** Counters over the last 60 seconds. */
  lastMinute(): Counts {
    this.#settle();
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

  /** Clients and their pulls, up to now. */
  clients(): ClientStore {
    this.flush();
    return this.#store.clients;
  }

  /** Why the last write failed; empty while writing works. */
  get writeError(): string {
    return this.#writeError;
  }

  /** Writes what is not on disk yet. A full disk is remembered and tried again the next time. */
  flush(): void {
    this.#settle();
    const now = this.#now();
    for (const step of SERIES) this.#row(step, begin(step, now), "");
    const clients = [...this.#untold, ...this.#clients.take()];
    const pulls = this.#pulls.take(now);
    try {
      this.storage.flush();
      if (now - this.#pruned >= STEPS.hour) this.#store.prune(this.#pruned = now);
      // Last: what is added and then put back because of another error would count twice.
      this.#store.write(this.#pending.values(), this.#paces, { now, clients, pulls });
      this.#pending = new Map();
      this.#untold = [];
      this.#writeError = "";
    } catch (error) {
      this.#writeError = error instanceof Error ? error.message : String(error);
      this.#forgetOldPending(now);
      this.#untold = clients.slice(-UNTOLD);
      this.#pulls.putBack(pulls);
    }
  }

  /** Writes the rest and closes the file. */
  close(): void {
    clearInterval(this.#timer);
    this.flush();
    this.#store.close();
  }

  *#rows(step: Step, from: number, to: number): Generator<Row> {
    this.#settle();
    yield* this.#store.read(step, from, to);
    for (const row of this.#pending.values()) {
      if (row.step === step && row.start >= from && row.start < to) yield row;
    }
  }

  /** Where a request of that time counts for now; {@linkcode #settle} adds it to what is read. */
  #countsAt(time: number, registry: string): Counts {
    const second = Math.floor(this.#now() / 1000);
    const minute = begin("minute", time);
    let gathered = this.#gathered.get(registry);
    if (!gathered) {
      this.#gathered.set(registry, gathered = { second, minute, counts: zero() });
    } else if (gathered.second !== second || gathered.minute !== minute) {
      this.#add(registry, gathered);
      Object.assign(gathered, { second, minute });
    }
    return gathered.counts;
  }

  /** To be called before anything is read. */
  #settle(): void {
    for (const [registry, gathered] of this.#gathered) this.#add(registry, gathered);
  }

  /** Moves what was gathered to the sums that it belongs to. */
  #add(registry: string, { second, minute, counts }: Gathered): void {
    if (counts.requests === 0 && counts.bytesFromUpstream === 0) return;
    add(entry(this.#totals, registry), counts);
    add(entry(this.#sinceStart, registry), counts);
    this.#recent.add(second, counts);
    for (const step of SERIES) add(this.#row(step, begin(step, minute), registry).counts, counts);
    add(this.#row("total", 0, registry).counts, counts);
    clear(counts);
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
