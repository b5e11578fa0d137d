/** Tells pulls from the several requests that one pull makes. */
import type { RequestRecord } from "../proxy/record.ts";

/** Requests of one client for one repository within this time belong to one pull. */
const WINDOW_MS = 30e3;
const MAX_REMEMBERED = 10_000;

/**
 * A pull is a manifest that a client asks for and gets: by tag, once however often it asks for that
 * tag within half a minute (HEAD then GET); by digest, only where nothing else was asked of that
 * repository just before, since clients follow a tag and an index by digest.
 */
export class PullCounter {
  readonly #seen = new Map<string, number>();

  /** True where `record` begins a pull. */
  begins(record: RequestRecord): boolean {
    if (record.kind !== "manifest" || !/^(GET|HEAD)$/.test(record.method)) return false;
    if (record.status !== 200 && record.status !== 304) return false;
    const repository = `${record.client} ${record.registry} ${record.repository}`;
    const tag = `${repository} ${record.reference}`;
    const known = this.#recent(record.reference.includes(":") ? repository : tag, record.time);
    this.#remember(repository, record.time);
    this.#remember(tag, record.time);
    return !known;
  }

  #recent(key: string, time: number): boolean {
    const seen = this.#seen.get(key);
    return seen !== undefined && time - seen < WINDOW_MS;
  }

  #remember(key: string, time: number): void {
    this.#seen.delete(key);
    this.#seen.set(key, time);
    if (this.#seen.size > MAX_REMEMBERED) this.#seen.delete(this.#seen.keys().next().value!);
  }
}
