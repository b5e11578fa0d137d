/** The latest requests, in memory, for the activity page. */
import type { CacheResult, RequestKind, RequestRecord } from "../proxy/record.ts";
import { isError } from "./stats_counts.ts";

const CAPACITY = 5000;

/** A request with its number: they grow by one from the start of the process. */
export interface Logged extends RequestRecord {
  readonly seq: number;
}

/** Which requests to show; what is left out does not matter. */
export interface ActivityFilter {
  registry?: string | undefined;
  kind?: RequestKind | undefined;
  cache?: CacheResult | undefined;
  /** Only what an operator should look at, see `isError`; refused requests (4xx) count too. */
  errors?: boolean | undefined;
  /** Somewhere in repository, reference, path, client, user or message, whatever the case. */
  text?: string | undefined;
}

/** A ring: the oldest request makes room for the newest. */
export class Activity {
  readonly #ring: Logged[] = [];
  readonly #capacity: number;
  #next = 1;

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Keeps `record` under the next number. */
  push(record: RequestRecord): void {
    const logged = { ...record, seq: this.#next++ };
    this.#ring[logged.seq % this.#capacity] = logged;
  }

  /** Number of the latest request; 0 before the first. */
  get last(): number {
    return this.#next - 1;
  }

  /** The request with this id, while it is remembered. */
  find(id: string): Logged | undefined {
    return this.#ring.find((logged) => logged?.id === id);
  }

  /** Up to `limit` of the requests after number `seq`, oldest first; the latest where more came. */
  after(seq: number, limit: number): Logged[] {
    const from = Math.max(seq + 1, this.#next - Math.min(limit, this.#capacity), 1);
    const found: Logged[] = [];
    for (let i = from; i < this.#next; i++) found.push(this.#ring[i % this.#capacity]!);
    return found;
  }

  /** Up to `limit` matching requests, newest first, numbered below `before` where given. */
  search(filter: ActivityFilter, limit: number, before = this.#next): Logged[] {
    const found: Logged[] = [];
    const oldest = Math.max(1, this.#next - this.#capacity);
    for (let i = Math.min(before, this.#next) - 1; i >= oldest && found.length < limit; i--) {
      const logged = this.#ring[i % this.#capacity]!;
      if (matches(logged, filter)) found.push(logged);
    }
    return found;
  }
}

/** Whether `record` passes `filter`. */
export function matches(record: RequestRecord, filter: ActivityFilter): boolean {
  if (filter.registry !== undefined && record.registry !== filter.registry) return false;
  if (filter.kind !== undefined && record.kind !== filter.kind) return false;
  if (filter.cache !== undefined && record.cache !== filter.cache) return false;
  if (filter.errors && record.status < 400 && !isError(record)) return false;
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
