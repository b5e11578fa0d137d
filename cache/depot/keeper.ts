/** A depot in use: what fills ask of it, what goes there, and how it is kept in order. */
import { type Clock, every } from "../../base/clock.ts";
import type { BlobStore } from "../blobs/store.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { DepotRows } from "../catalog/depot_rows.ts";
import type { Courses } from "../course.ts";
import type { DepotLimits, DepotPlace, DepotUsage, KeptRows } from "../depot_options.ts";
import { DepotError, type DigestMismatch } from "../errors.ts";
import type { CacheListener } from "../events.ts";
import { DepotBook } from "./book.ts";
import type { Depot } from "./depot.ts";
import { FileDepot } from "./file.ts";
import { Puts } from "./puts.ts";
import { DepotLinks } from "./links.ts";
import { S3Depot } from "./s3.ts";
import { verifySample } from "./sample.ts";
import { DepotUpkeep } from "./upkeep.ts";
import { courseByDepot } from "./way.ts";

export interface KeeperOptions {
  clock: Clock;
  catalog: Catalog;
  store: BlobStore;
  emit: CacheListener;
  /** As they are now. */
  limits: () => DepotLimits;
  /** Digests that stay whatever happens. */
  pinned: () => ReadonlySet<string>;
  /** Whether it falls to this one to keep the depot within its limits. */
  duty: () => Promise<boolean>;
}

/** A start waits so long for the depot to say that it is one. */
const OPEN_LIMIT = 3000;
/** Milliseconds until another attempt, doubled each time. */
const OPEN_AGAIN = { first: 2000, most: 60e3 };
const UPKEEP_EVERY = 10 * 60e3;
const SAMPLE_EVERY = 15 * 60e3;

/** The depot at `place`; nobody has asked it anything yet. */
export function depotAt(place: DepotPlace, clock: Clock): Depot {
  return "dir" in place ? new FileDepot(place.dir, place.clusters) : new S3Depot(place, clock);
}

export class DepotKeeper {
  readonly #depot: Depot;
  readonly #options: KeeperOptions;
  readonly #book: DepotBook;
  readonly #rows: DepotRows;
  readonly #upkeep: DepotUpkeep;
  readonly #puts: Puts;
  readonly #links: DepotLinks;
  readonly #closing = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #order: Promise<void> = Promise.resolve();
  #problem = "";

  constructor(depot: Depot, options: KeeperOptions) {
    const { clock, catalog, limits } = options;
    this.#depot = depot;
    this.#options = options;
    this.#book = new DepotBook(clock);
    this.#rows = new DepotRows(catalog);
    const common = { ...options, depot, rows: this.#rows, book: this.#book };
    this.#upkeep = new DepotUpkeep(common);
    this.#puts = new Puts({
      ...common,
      limit: () => limits().maxSize,
      grown: (digest) => {
        this.#upkeep.pardon(digest);
        if (this.#upkeep.isFull) {
          void this.#inOrder(() => this.#enforce(this.#closing.signal));
        }
      },
      trouble: (error) => this.#trouble("storing in the depot", error),
    });
    const condemned = (digest: string) => this.#upkeep.condemned(digest);
    this.#links = new DepotLinks({ ...common, condemned, signal: this.#closing.signal });
    catalog.keepWhatIs(({ digest, lastUsed }) => {
      if (!this.#rows.get(digest)) return false;
      this.#rows.used(digest, lastUsed);
      return true;
    });
  }

  /**
   * Finds out whether the depot can be used, and begins to use it. Throws {@linkcode DepotError} where
   * a setting is wrong. One that is away is asked again behind the scenes.
   */
  async start(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    const limit = new AbortController();
    const late = new DepotError("away", "url", `no answer within ${OPEN_LIMIT / 1000} seconds`);
    const cancel = clock.after(OPEN_LIMIT, () => limit.abort(late));
    try {
      await this.#open(limit.signal);
    } catch (error) {
      if (error instanceof DepotError && error.kind === "settings") throw error;
      this.#failed("opening the depot", error);
    } finally {
      cancel();
    }
    this.#running = this.#run(signal);
  }

  /** Ends what is under way, leaving the rest for the next start. */
  async stop(): Promise<void> {
    this.#closing.abort(new Error("the cache is closing"));
    await this.#running;
    await this.#order;
  }

  /** Courses that lead by the depot, and on by `beyond` where that does not have it. */
  courses(beyond: Courses): Courses {
    return courseByDepot({
      depot: this.#depot,
      rows: this.#rows,
      book: this.#book,
      clock: this.#options.clock,
      condemned: (digest) => this.#upkeep.condemned(digest),
      damaged: (digest, error) => this.#damaged(digest, error),
    }, beyond);
  }

  /** The rows that are kept there; nothing while the depot is away. */
  readonly rows: KeptRows = {
    read: async (signal) => {
      if (!this.#book.mayAsk()) return "away";
      try {
        const rows = await this.#depot.readRows(signal);
        this.#book.worked();
        return rows;
      } catch (error) {
        this.#failed("reading rows", error);
        return "away";
      }
    },
    write: async (rows, signal) => {
      if (!this.#book.opened) return false;
      try {
        await this.#depot.writeRows(rows, signal);
        return true;
      } catch (error) {
        this.#failed("keeping rows", error);
        return false;
      }
    },
  };

  /** What the depot is known to hold by that name. */
  holds(digest: string): { size: number; mediaType: string } | undefined {
    return this.#book.opened ? this.#rows.get(digest) : undefined;
  }

  /** A link by which whoever has it gets the object by itself; see `Cache.linkTo`. */
  link(digest: string): Promise<string | undefined> {
    return this.#links.to(digest);
  }

  /** The blob is on the disk now. */
  stored(digest: string): void {
    this.#puts.want(digest);
  }

  /** Somebody wants the content to be gone. */
  remove(digest: string): void {
    const { catalog } = this.#options;
    this.#rows.dequeue(digest);
    if (!this.#rows.get(digest)) return;
    this.#upkeep.condemn(digest);
    if (!catalog.blob(digest)) catalog.names.forgetContent(digest);
    this.#clear();
  }

  usage(): DepotUsage {
    const { gets, puts, errors, lastError } = this.#book;
    return {
      problem: this.#problem,
      ...this.#rows.totals,
      maxSize: this.#options.limits().maxSize,
      queued: this.#rows.queued,
      gets,
      puts,
      errors,
      lastError,
    };
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#upkeep.recognize(await this.#depot.open(signal));
    this.#book.opened = true;
    this.#problem = "";
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let wait = OPEN_AGAIN.first; !this.#book.opened; wait *= 2) {
      await clock.delay(Math.min(wait, OPEN_AGAIN.most), signal).catch(() => {});
      if (signal.aborted) return;
      await this.#open(signal).catch((error) => this.#failed("opening the depot", error));
    }
    const inOrder = () => this.#inOrder(() => this.#keepInOrder(signal));
    await Promise.all([
      inOrder(),
      this.#puts.run(signal),
      every(clock, UPKEEP_EVERY, signal, inOrder, () => {}),
      every(clock, SAMPLE_EVERY, signal, () => this.#verify(signal), () => {}),
    ]);
  }

  async #keepInOrder(signal: AbortSignal): Promise<void> {
    await this.#upkeep.adopt(signal);
    this.#puts.look();
    await this.#upkeep.clear(signal);
    await this.#enforce(signal);
  }

  async #enforce(signal: AbortSignal): Promise<void> {
    if (await this.#options.duty()) await this.#upkeep.enforce(signal);
  }

  async #verify(signal: AbortSignal): Promise<void> {
    if (!await this.#options.duty()) return;
    const damaged = this.#damaged.bind(this);
    await verifySample({ depot: this.#depot, rows: this.#rows, damaged }, signal)
      .catch((error) => this.#failed("verifying the depot", error));
  }

  #damaged(digest: string, error: DigestMismatch): void {
    this.#upkeep.condemn(digest);
    this.#clear();
    this.#options.emit({ kind: "damaged", where: "depot", digest, repository: "", error });
  }

  #clear(): void {
    void this.#inOrder(() => this.#upkeep.clear(this.#closing.signal));
  }

  /** One after another; what fails is tried again with the next upkeep. */
  #inOrder(work: () => Promise<void>): Promise<void> {
    this.#order = this.#order.then(work)
      .catch((error) => this.#failed("keeping the depot in order", error));
    return this.#order;
  }

  #failed(what: string, error: unknown): undefined {
    if (this.#closing.signal.aborted) return;
    this.#book.failed(error);
    if (!this.#book.opened) this.#problem = error instanceof Error ? error.message : String(error);
    this.#trouble(what, error);
  }

  #trouble(what: string, error: unknown): void {
    this.#options.emit({ kind: "trouble", where: "depot", what, error });
  }
}
