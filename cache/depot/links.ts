/** URLs by which clients fetch from the depot by themselves, which alone they can get it from then. */
import type { Clock } from "../../base/clock.ts";
import { Once } from "../../base/once.ts";
import type { DepotRow, DepotRows } from "../catalog/depot_rows.ts";
import type { DepotBook } from "./book.ts";
import { type Depot, LINK_KEPT } from "./depot.ts";

interface LinkOptions {
  depot: Depot;
  rows: DepotRows;
  book: DepotBook;
  clock: Clock;
  /** Whether what the depot has by that name is not to be used. */
  condemned: (digest: string) => boolean;
  /** Aborted when nobody needs an answer any more. */
  signal: AbortSignal;
}

export class DepotLinks {
  readonly #options: LinkOptions;
  /** Those that were there when links of `#period` began to be given out. */
  readonly #seen = new Set<string>();
  #period = 0;
  readonly #asking = new Once<boolean>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * A link to the object `digest`, and a use of it; `undefined` where the depot gives out none, does
   * not have it, or has not answered a moment ago. It is asked for each object once in
   * {@linkcode LINK_KEPT}, and whenever it has not been heard of for some seconds.
   */
  async to(digest: string): Promise<string | undefined> {
    const { depot, rows, book, clock, condemned } = this.#options;
    const row = rows.get(digest);
    if (!depot.link || !row || condemned(digest)) return undefined;
    try {
      if (!await this.#isThere(row)) return undefined;
      const link = await depot.link(digest);
      rows.used(digest, clock.now());
      return link;
    } catch (error) {
      book.failed(error);
      return undefined;
    }
  }

  /** Throws DepotError. */
  async #isThere(row: DepotRow): Promise<boolean> {
    const { book, clock } = this.#options;
    const period = Math.floor(clock.now() / LINK_KEPT);
    if (period !== this.#period) this.#seen.clear();
    this.#period = period;
    if (book.isSound && this.#seen.has(row.digest)) return true;
    return await this.#asking.run(row.digest, () => this.#ask(row));
  }

  async #ask({ digest, size }: DepotRow): Promise<boolean> {
    const { depot, rows, book, signal } = this.#options;
    if (!book.mayAsk()) return false;
    const stat = await depot.stat(digest, signal);
    book.worked();
    if (!stat) rows.remove([digest]);
    if (stat?.size !== size) return false;
    this.#seen.add(digest);
    return true;
  }
}
