/** Putting blobs into the depot: a few at a time, and again when it could not be done. */
import type { Clock } from "../../base/clock.ts";
import type { BlobStore } from "../blobs/store.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { DepotRows } from "../catalog/depot_rows.ts";
import { DepotError } from "../errors.ts";
import type { DepotBook } from "./book.ts";
import type { Depot } from "./depot.ts";

interface PutsOptions {
  depot: Depot;
  rows: DepotRows;
  book: DepotBook;
  clock: Clock;
  catalog: Catalog;
  store: BlobStore;
  /** Bytes of the largest object that may be put there. */
  limit: () => number;
  /** The object is there, and there is more than before. */
  grown: (digest: string) => void;
  trouble: (error: unknown) => void;
}

const AT_ONCE = 2;
/** Another may have put it there; of less than this, asking costs as much as storing. */
const WORTH_ASKING = 2 ** 20;
/** Milliseconds until another attempt, doubled each time. */
const WAIT = { first: 1000, most: 5 * 60e3 };

export class Puts {
  readonly #options: PutsOptions;
  readonly #running = new Set<string>();
  #attempt = 0;
  #wake = Promise.withResolvers<void>();

  constructor(options: PutsOptions) {
    this.#options = options;
  }

  /** The blob `digest`, which is on the disk, is to be put there, unless it is. */
  want(digest: string): void {
    const { rows, clock } = this.#options;
    if (rows.get(digest)) return;
    rows.enqueue(digest, clock.now());
    this.look();
  }

  /** There may be something to do. */
  look(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers();
    resolve();
  }

  /** Works until `signal` is aborted; what is left then waits for the next start. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.look(), { once: true });
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const { promise } = this.#wake;
      const digest = this.#next();
      if (digest === undefined) {
        await promise;
        continue;
      }
      this.#running.add(digest);
      const done = await this.#try(digest, signal);
      this.#running.delete(digest);
      if (done) this.#attempt = 0;
      else if (!signal.aborted) await clock.delay(this.#backoff(), signal).catch(() => {});
    }
  }

  #next(): string | undefined {
    const waiting = this.#options.rows.waiting(AT_ONCE);
    return waiting.find((digest) => !this.#running.has(digest));
  }

  /** False where it is to be tried again. */
  async #try(digest: string, signal: AbortSignal): Promise<boolean> {
    const { rows, book, trouble } = this.#options;
    try {
      await this.#put(digest, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      book.failed(error);
      trouble(error);
      const refused = error instanceof DepotError && error.kind === "refused";
      if (refused) rows.dequeue(digest);
      return refused;
    }
  }

  async #put(digest: string, signal: AbortSignal): Promise<void> {
    const { depot, rows, book, clock, catalog, store, limit, grown } = this.#options;
    const blob = catalog.blob(digest);
    const known = rows.get(digest);
    if (!blob || known || blob.size > limit()) return rows.dequeue(digest);
    const { size, mediaType } = blob;
    const there = size < WORTH_ASKING ? undefined : await depot.stat(digest, signal);
    if (there?.size !== size) {
      const file = await store.open(digest);
      if (!file) return rows.dequeue(digest);
      await depot.put({ digest, size, mediaType }, () => Promise.resolve(file), signal);
      book.puts++;
    }
    book.worked();
    const now = clock.now();
    rows.add({ digest, size, mediaType, created: there?.created ?? now, lastUsed: blob.lastUsed });
    grown(digest);
  }

  /** With a spread, so that many do not come back in step. */
  #backoff(): number {
    const wait = Math.min(WAIT.most, WAIT.first * 2 ** this.#attempt++);
    return wait * (0.5 + Math.random() / 2);
  }
}
