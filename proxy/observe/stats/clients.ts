/** What each client asked for, counted apart. */
import type { RequestRecord } from "../record.ts";
import { isError, isHit, isRefused } from "./counts.ts";

/** The counters, in the order in which they are stored. */
export const CLIENT_COUNTERS = [
  "requests",
  "pulls",
  "manifests",
  "blobs",
  "hits",
  "misses",
  "errors",
  "refused",
  "limited",
  "bytes",
  "cachedBytes",
] as const;

/**
 * `manifests` and `blobs` are those that were given by GET; `limited` is what a limit of the
 * configuration refused (which `errors` has, too) or slowed down.
 */
export type ClientCounts = Record<typeof CLIENT_COUNTERS[number], number>;

/** A client is an address and who signed in there. */
export interface ClientTally extends ClientCounts {
  /** Address; empty for all those that there was no room to tell apart. */
  readonly client: string;
  readonly user: string;
  /** As a trusted proxy called it last; empty where none did. */
  clientName: string;
  /** As it called itself last. */
  userAgent: string;
  /** Unix milliseconds at which the first and the last of these requests came in. */
  readonly first: number;
  last: number;
}

/** So many are told apart in a day; whoever comes then is counted with the others. */
const PER_DAY = 10_000;
/** Of these, so many who were given nothing: addresses can be made up. */
const IN_VAIN = PER_DAY / 2;
const DAY_MS = 86400e3;

/** Counts in memory what is written every few seconds. */
export class ClientBook {
  readonly #told = new Set<string>();
  readonly #perDay: number;
  #day = 0;
  #tallies = new Map<string, ClientTally>();

  constructor(perDay = PER_DAY) {
    this.#perDay = perDay;
  }

  /** Counts a request for content; `pull` says whether it began a pull. `now` in Unix milliseconds. */
  add(record: RequestRecord, pull: boolean, now: number): void {
    const { kind, client, user, clientName, userAgent, time, status } = record;
    if (kind === "page" || kind === "ping") return;
    const key = this.#keyFor(`${client} ${user}`, status < 400, now);
    let tally = this.#tallies.get(key);
    if (!tally) {
      const who = key === "" ? { client: "", user: "" } : { client, user };
      tally = { ...who, clientName: "", userAgent: "", first: time, last: time, ...zero() };
      this.#tallies.set(key, tally);
    }
    if (key !== "") {
      if (clientName !== "") tally.clientName = clientName;
      tally.userAgent = userAgent;
    }
    if (time > tally.last) tally.last = time;
    count(tally, record, pull);
  }

  /** What was counted since it was taken last. */
  take(): ClientTally[] {
    const taken = [...this.#tallies.values()];
    this.#tallies = new Map();
    return taken;
  }

  #keyFor(key: string, served: boolean, now: number): string {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#told.clear();
    }
    if (this.#told.has(key)) return key;
    const room = served ? this.#perDay : Math.min(IN_VAIN, this.#perDay / 2);
    if (this.#told.size >= room) return "";
    this.#told.add(key);
    return key;
  }
}

function count(tally: ClientTally, record: RequestRecord, pull: boolean): void {
  const { kind, method, status, cache, bytes } = record;
  const hit = isHit(cache);
  const cached = hit || cache === "stale";
  tally.requests++;
  if (pull) tally.pulls++;
  if (method === "GET" && kind === "manifest" && status === 200) tally.manifests++;
  if (method === "GET" && kind === "blob" && status < 400) tally.blobs++;
  if (hit) tally.hits++;
  if (cache === "miss") tally.misses++;
  if (isError(record)) tally.errors++;
  else if (isRefused(record)) tally.refused++;
  if (record.limited) tally.limited++;
  tally.bytes += bytes;
  if (cached) tally.cachedBytes += bytes;
}

function zero(): ClientCounts {
  return {
    ...{ requests: 0, pulls: 0, manifests: 0, blobs: 0, hits: 0, misses: 0 },
    ...{ errors: 0, refused: 0, limited: 0, bytes: 0, cachedBytes: 0 },
  };
}
