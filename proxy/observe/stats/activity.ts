/** The latest requests, in memory, for the activity page. */
import type { CacheResult, RequestKind, RequestRecord } from "../record.ts";
import { isError, isRefused } from "./counts.ts";

const CAPACITY = 5000;
/** Failed and refused requests that stay when others have pushed them out. */
const FAILURES = 2000;

/** A request with its number, which grows by one from request to request. */
export interface Logged extends RequestRecord {
  readonly seq: number;
}

/** Which requests to show; what is left out does not matter. */
export interface ActivityFilter {
  registry?: string | undefined;
  kind?: RequestKind | undefined;
  cache?: CacheResult | undefined;
  /** Only errors, see `isError`; with `refused` both. */
  errors?: boolean | undefined;
  /** Only what was refused, see `isRefused`. */
  refused?: boolean | undefined;
  /** Somewhere in repository, reference, path, client, user or message, whatever the case. */
  text?: string | undefined;
  /** Came in at this time or later, in Unix milliseconds. */
  from?: number | undefined;
  /** Came in before this time. */
  to?: number | undefined;
}

/**
 * A ring: the oldest request makes room for the newest, and is kept for longer where it failed, so
 * that many hits do not push out the few that matter. Numbers begin at the time of the start in
 * milliseconds, so that they keep growing across restarts and a reader can resume from its last one.
 */
export class Activity {
  readonly #ring: RequestRecord[] = [];
  readonly #capacity: number;
  readonly #first: number;
  readonly #failures: Logged[] = [];
  #next: number;
  /** Where the next one goes. */
  #place = 0;

  /** `started` in Unix milliseconds. */
  constructor(started: number, capacity = CAPACITY) {
    this.#capacity = capacity;
    this.#first = Math.floor(started) + 1;
    this.#next = this.#first;
  }

  /** Keeps `record`, which does not change any more, under the next number. */
  push(record: RequestRecord): void {
    const oldest = this.#ring[this.#place];
    if (oldest && oldest.status >= 400) {
      this.#failures.push({ ...oldest, seq: this.#next - this.#capacity });
      if (this.#failures.length > FAILURES) this.#failures.shift();
    }
    this.#ring[this.#place] = record;
    this.#place = (this.#place + 1) % this.#capacity;
    this.#next++;
  }

  /** Number of the latest request; before the first, what it will follow. */
  get last(): number {
    return this.#next - 1;
  }

  /** How many requests are remembered. */
  get size(): number {
    return this.#next - this.#oldest + this.#failures.length;
  }

  get #oldest(): number {
    return Math.max(this.#first, this.#next - this.#capacity);
  }

  /** The request with this id, while it is remembered. */
  find(id: string): Logged | undefined {
    for (let seq = this.last; seq >= this.#oldest; seq--) {
      if (this.#at(seq).id === id) return { ...this.#at(seq), seq };
    }
    return this.#failures.find((failure) => failure.id === id);
  }

  /** Up to `limit` of the requests after number `seq`, oldest first; the latest where more came. */
  after(seq: number, limit: number): Logged[] {
    const from = Math.max(seq + 1, this.#next - limit, this.#oldest);
    const found: Logged[] = [];
    for (let seq = from; seq < this.#next; seq++) found.push({ ...this.#at(seq), seq });
    return found;
  }

  /** Up to `limit` matching requests, newest first, numbered below `before` where given. */
  search(filter: ActivityFilter, limit: number, before = this.#next): Logged[] {
    const found: Logged[] = [];
    let seq = Math.min(before, this.#next) - 1;
    for (; seq >= this.#oldest && found.length < limit; seq--) {
      const record = this.#at(seq);
      if (matches(record, filter)) found.push({ ...record, seq });
    }
    for (let at = this.#failures.length - 1; at >= 0 && found.length < limit; at--) {
      const failure = this.#failures[at]!;
      if (failure.seq <= seq && matches(failure, filter)) found.push(failure);
    }
    return found;
  }

  #at(seq: number): RequestRecord {
    return this.#ring[(seq - this.#first) % this.#capacity]!;
  }
}

/** Whether `record` passes `filter`. */
export function matches(record: RequestRecord, filter: ActivityFilter): boolean {
  if (filter.registry !== undefined && record.registry !== filter.registry) return false;
  if (filter.kind !== undefined && record.kind !== filter.kind) return false;
  if (filter.cache !== undefined && record.cache !== filter.cache) return false;
  if (filter.from !== undefined && record.time < filter.from) return false;
  if (filter.to !== undefined && record.time >= filter.to) return false;
  const { errors = false, refused = false } = filter;
  if (errors || refused) {
    if (!(errors && isError(record)) && !(refused && isRefused(record))) return false;
  }
  if (!filter.text) return true;
  const text = filter.text.toLowerCase();
  return [
    record.repository,
    record.reference,
    record.path,
    record.client,
    record.user,
    record.message,
  ].some((field) => field.toLowerCase().includes(text));
}
