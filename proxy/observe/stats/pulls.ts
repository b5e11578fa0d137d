/** Tells pulls from the several requests that one pull makes. */
import type { RequestRecord } from "../record.ts";

/** Requests of one client for one repository within this time belong together. */
const WINDOW_MS = 30e3;
/** Of these there are two lots: the full one before, and the one that fills up. */
const LOT = 10_000;

interface Seen {
  time: number;
  method: string;
}

/**
 * A pull is a manifest that a client asks for and gets. By tag: each GET, and a HEAD that no GET of
 * that tag follows, since clients ask by HEAD first and continue by tag or by digest. By digest: only
 * where nothing else was asked of that repository just before, since clients follow a tag and an
 * index by digest.
 */
export class PullCounter {
  #seen = new Map<string, Seen>();
  #before = new Map<string, Seen>();

  /** True where `record` begins a pull. */
  begins(record: RequestRecord): boolean {
    const { kind, method, status, reference, time } = record;
    if (kind !== "manifest" || (method !== "GET" && method !== "HEAD")) return false;
    if (status !== 200 && status !== 304) return false;
    const repository = `${record.client} ${record.registry} ${record.repository}`;
    const byDigest = reference.includes(":");
    const key = byDigest ? repository : `${repository} ${reference}`;
    const before = this.#recent(key, time);
    const seen = { time, method };
    this.#remember(repository, seen);
    if (!byDigest) this.#remember(key, seen);
    if (!before) return true;
    return !byDigest && method === "GET" && before.method === "GET";
  }

  #recent(key: string, time: number): Seen | undefined {
    const seen = this.#seen.get(key) ?? this.#before.get(key);
    return seen && time - seen.time < WINDOW_MS ? seen : undefined;
  }

  #remember(key: string, seen: Seen): void {
    this.#seen.set(key, seen);
    if (this.#seen.size < LOT) return;
    this.#before = this.#seen;
    this.#seen = new Map();
  }
}
