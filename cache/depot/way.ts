/** The way of a fill that leads by the depot: what is there need not come from upstream. */
import type { Clock } from "../../base/clock.ts";
import type { DepotRow, DepotRows } from "../catalog/depot_rows.ts";
import type { Course, Courses } from "../course.ts";
import { DepotError, DigestMismatch } from "../errors.ts";
import { digestOf } from "../hash.ts";
import { requireDigest } from "../digest.ts";
import type { Source, SourceAnswer, SourceHints } from "../types.ts";
import type { DepotBook } from "./book.ts";
import type { Depot } from "./depot.ts";
import { Pace } from "./pace.ts";

interface WayOptions {
  depot: Depot;
  rows: DepotRows;
  book: DepotBook;
  clock: Clock;
  /** Whether what the depot has by that name is not to be used. */
  condemned: (digest: string) => boolean;
  /** The depot has other bytes than the digest's. */
  damaged: (digest: string, error: DigestMismatch) => void;
}

/** As much is hashed before anybody gets a byte: what is wrong then costs nothing but time. */
const CHECKED_FIRST = 2 ** 20;

/** Courses that lead by the depot, and on by `beyond` where that does not have it. */
export function courseByDepot(options: WayOptions, beyond: Courses): Courses {
  return (digest) => new DepotCourse(options, digest, beyond(digest));
}

class DepotCourse implements Course {
  readonly #options: WayOptions;
  readonly #digest: string;
  readonly #beyond: Course;
  /** It has given bytes; if they end before they should, upstream gives the rest. */
  #gave = false;
  /** It is known not to have it. */
  #absent = false;

  constructor(options: WayOptions, digest: string, beyond: Course) {
    this.#options = options;
    this.#digest = digest;
    this.#beyond = beyond;
  }

  via(upstream: Source, prove: () => Promise<void>): Source {
    const beyond = this.#beyond.via(upstream, prove);
    return async (from, signal, hints) =>
      await this.#answer(from, signal, prove, hints) ?? await beyond(from, signal, hints);
  }

  ended(stored: Parameters<Course["ended"]>[0]): Promise<void> {
    return this.#beyond.ended(stored);
  }

  wrong(error: DigestMismatch): void {
    if (this.#gave) this.#options.damaged(this.#digest, error);
    this.#beyond.wrong?.(error);
  }

  /**
   * What the depot has from byte `from` on; `undefined` where upstream is to be asked. Throws what
   * `prove` throws, and the reason of `signal`.
   */
  async #answer(
    from: number,
    signal: AbortSignal,
    prove: () => Promise<void>,
    hints: SourceHints | undefined,
  ): Promise<SourceAnswer | undefined> {
    const { book, condemned } = this.#options;
    if (this.#gave && hints?.once) {
      book.failed(new DepotError("away", "endpoint", `${this.#digest} broke off`));
      this.#absent = true;
    }
    if (this.#absent || condemned(this.#digest) || !book.mayAsk()) return undefined;
    const row = await this.#asking(signal, () => this.#find(signal));
    if (!row) return undefined;
    // In the catalog by now, so that whoever proves sees that it is to be had.
    await prove();
    const answer = await this.#asking(signal, () => this.#open(row, from, signal));
    if (answer) this.#gave = true;
    return answer;
  }

  /** The object's row; where there is none the depot is asked. */
  async #find(signal: AbortSignal): Promise<DepotRow | undefined> {
    const { depot, rows, clock } = this.#options;
    const known = rows.get(this.#digest);
    if (known) return known;
    const stat = await depot.stat(this.#digest, signal);
    if (!stat) {
      this.#absent = true;
      return undefined;
    }
    const found = { digest: this.#digest, ...stat, lastUsed: clock.now() };
    rows.add(found);
    return found;
  }

  async #open(
    row: DepotRow,
    from: number,
    signal: AbortSignal,
  ): Promise<SourceAnswer | undefined> {
    const { depot, rows, clock, book } = this.#options;
    const pace = new Pace(clock);
    const ends = AbortSignal.any([signal, pace.signal]);
    const answer = await depot.source(this.#digest)(from, ends);
    const { total, mediaType = "" } = answer;
    const now = clock.now();
    if (total !== undefined && (total !== row.size || mediaType !== row.mediaType)) {
      rows.add({ ...row, size: total, mediaType, lastUsed: now });
    } else rows.used(this.#digest, now);
    const small = from === 0 && total !== undefined && total <= CHECKED_FIRST;
    const checked = small
      ? await pace.within(this.#checked(answer))
      : { ...answer, taken: pace.taken };
    if (checked) book.gets++;
    return checked;
  }

  /** `answer` whole and right; `undefined` where it is not. */
  async #checked(answer: SourceAnswer): Promise<SourceAnswer | undefined> {
    const bytes = await new Response(answer.body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .bytes();
    const actual = digestOf(bytes, requireDigest(this.#digest).algorithm);
    if (actual === this.#digest) return { ...answer, body: new Response(bytes).body! };
    this.#options.damaged(this.#digest, new DigestMismatch(this.#digest, actual));
    this.#absent = true;
  }

  /** What `ask` resolves to; `undefined` where the depot fails. */
  async #asking<T>(
    signal: AbortSignal,
    ask: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { book, rows } = this.#options;
    try {
      const answer = await ask();
      book.worked();
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      this.#absent = true;
      if (error instanceof DepotError && error.kind === "gone") {
        book.worked();
        rows.remove([this.#digest]);
      } else book.failed(error);
    }
  }
}
