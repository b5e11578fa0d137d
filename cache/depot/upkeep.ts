/** The depot's own limits, and learning what it holds. */
import type { Clock } from "../../base/clock.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { DepotRow, DepotRows } from "../catalog/depot_rows.ts";
import type { DepotLimits } from "../depot_options.ts";
import type { DepotBook } from "./book.ts";
import type { Depot, ListedObject } from "./depot.ts";

interface UpkeepOptions {
  depot: Depot;
  rows: DepotRows;
  book: DepotBook;
  clock: Clock;
  catalog: Catalog;
  limits: () => DepotLimits;
  /** Digests that stay whatever happens. */
  pinned: () => ReadonlySet<string>;
}

/** What is over its limit is brought down to this part of it. */
const LOW_WATER = 0.95;
const BATCH = 1000;
/** What was used so short a time ago may be on its way to somebody. */
const RECENT = 30 * 60e3;

/** Whether everything in the depot is known, as a number in the catalog. */
const ADOPTED = "depot_adopted";
/** What tells this depot from others, as a number. */
const ID = "depot_id";

export class DepotUpkeep {
  readonly #options: UpkeepOptions;
  /** Objects that are to go, however long that takes; nothing is read from them. */
  readonly #condemned = new Set<string>();

  /** Until when uses on the disk are known here, too; Unix milliseconds. */
  #usesTaken = 0;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** The depot is `id`: what was known of another one is forgotten. */
  recognize(id: string): void {
    const { rows, catalog } = this.#options;
    const number = parseInt(id.replaceAll("-", "").slice(0, 12), 16);
    if (catalog.noted(ID) === number) return;
    rows.together(() => {
      rows.clear();
      catalog.note(ID, number);
      catalog.note(ADOPTED, 0);
    });
  }

  /**
   * Learns from the depot's listing what it holds, where that is not known yet, and then has
   * everything else put there. When an object was used a listing does not say: now.
   */
  async adopt(signal: AbortSignal): Promise<void> {
    const { depot, rows, clock, catalog } = this.#options;
    if (catalog.noted(ADOPTED) === 1) return;
    let batch: ListedObject[] = [];
    const record = () => {
      const lastUsed = clock.now();
      const fresh = batch.filter(({ digest }) => !rows.get(digest));
      batch = [];
      // Others have the same listing.
      catalog.silently(() =>
        rows.together(() => {
          for (const object of fresh) rows.add({ ...object, mediaType: "", lastUsed });
        })
      );
    };
    for await (const object of depot.list(signal)) {
      if (batch.push(object) === BATCH) record();
    }
    record();
    rows.enqueueMissing(clock.now());
    catalog.note(ADOPTED, 1);
  }

  /** Whether the object is to go. */
  condemned(digest: string): boolean {
    return this.#condemned.has(digest);
  }

  /** The object is not to be used any more, and goes with the next {@linkcode clear}. */
  condemn(digest: string): void {
    this.#options.rows.remove([digest]);
    this.#condemned.add(digest);
  }

  /** The object is a right one again. */
  pardon(digest: string): void {
    this.#condemned.delete(digest);
  }

  /** Removes what is condemned. */
  async clear(signal: AbortSignal): Promise<void> {
    const digests = [...this.#condemned];
    if (digests.length === 0) return;
    await this.#options.depot.remove(digests, signal);
    for (const digest of digests) this.#condemned.delete(digest);
  }

  /** Whether there is more than there may be. */
  get isFull(): boolean {
    const { rows, limits } = this.#options;
    return rows.totals.bytes > limits().maxSize;
  }

  /** Removes what was not used for too long, and the least recently used of what is too much. */
  async enforce(signal: AbortSignal): Promise<void> {
    const { rows, clock, catalog, limits } = this.#options;
    const now = clock.now();
    catalog.flush(now);
    rows.takeUses(this.#usesTaken);
    this.#usesTaken = now;
    const { maxSize, maxAge } = limits();
    if (maxAge > 0) await this.#evict(Infinity, now - maxAge, signal);
    const { bytes } = rows.totals;
    if (bytes > maxSize) {
      await this.#evict(bytes - maxSize * LOW_WATER, now - RECENT, signal);
    }
  }

  async #evict(bytes: number, usedUntil: number, signal: AbortSignal): Promise<void> {
    const { depot, rows, catalog, pinned } = this.#options;
    let freed = 0;
    let after = { lastUsed: -1, digest: "" };
    for (;;) {
      const batch = rows.leastRecentlyUsed(after, usedUntil, BATCH);
      const going: DepotRow[] = [];
      for (const row of batch) {
        if (freed >= bytes) break;
        after = row;
        if (pinned().has(row.digest)) continue;
        going.push(row);
        freed += row.size;
      }
      const digests = going.map(({ digest }) => digest);
      if (digests.length > 0) await depot.remove(digests, signal);
      rows.remove(digests);
      for (const digest of digests) catalog.abandon(digest);
      if (batch.length < BATCH || freed >= bytes) return;
    }
  }
}
