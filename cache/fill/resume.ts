/** A source that is resumed after it breaks off. */
import type { Clock } from "../../base/clock.ts";
import { SourceBroken } from "../errors.ts";
import type { Source, SourceAnswer } from "../types.ts";

interface ResumeOptions {
  clock: Clock;
  /** How often in a row a broken source is asked again; progress starts the count anew. */
  retries: number;
  /** Milliseconds to wait before the `attempt`-th retry, counted from 1. */
  backoff: (attempt: number) => number;
  /** Milliseconds without a byte after which the source counts as broken. */
  stallTimeout: number;
  signal: AbortSignal;
  /** Told of each resumption: the byte it resumed from, and the error before. */
  onResume?: ((offset: number, error: unknown) => void) | undefined;
}

/** As much progress between two breaks means that trying again is worth it. */
const PROGRESS = 2 ** 20;

/** The source contradicts what it said before; asking again is of no use. */
class Contradiction extends SourceBroken {}

/**
 * Reads content from a byte on to its end. When the source breaks off or stalls it is asked again
 * from where it stopped; an answer that begins earlier is skipped forward, one that begins later
 * or states another size ends it all with {@linkcode SourceBroken}.
 */
export class ResumingSource {
  readonly #options: ResumeOptions;
  readonly #sources: Source[];
  readonly #over = new AbortController();
  #body: BodyReader | undefined;
  #taken: SourceAnswer["taken"];
  #skip = 0;
  #position = 0;
  #total: number | undefined;
  #attempt = 0;
  #resumedAt = 0;
  #readingSince: number | undefined;
  #stalled = false;

  constructor(source: Source, options: ResumeOptions) {
    this.#sources = [source];
    this.#options = options;
    options.signal.addEventListener("abort", () => void this.cancel(options.signal.reason), {
      once: true,
      signal: this.#over.signal,
    });
  }

  /** The next byte's place in the content. */
  get position(): number {
    return this.#position;
  }

  /** Another way to the same content, tried in turn when the others break. */
  add(source: Source): void {
    this.#sources.push(source);
  }

  /** Asks for everything from `from` on; throws what the source throws. Before any {@linkcode read}. */
  async start(from: number): Promise<{ total: number | undefined; mediaType: string | undefined }> {
    this.#position = this.#resumedAt = from;
    const { total, mediaType } = await this.#ask();
    void this.#watch();
    return { total, mediaType };
  }

  /** The next piece, which holds until the next call; `undefined` at the end. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      try {
        const piece = await this.#piece();
        if (!piece || piece.length > 0) return piece;
      } catch (error) {
        await this.#resume(error);
      }
    }
  }

  /** Ends the request after its last byte, leaving the connection fit for the next one. */
  async finish(): Promise<void> {
    this.#readingSince = this.#options.clock.now();
    await this.#body?.read().catch(() => {});
    await this.cancel("complete");
  }

  /** Gives up the request. */
  async cancel(reason?: unknown): Promise<void> {
    this.#over.abort();
    await this.#drop(reason);
  }

  async #drop(reason: unknown): Promise<void> {
    const body = this.#body;
    this.#body = undefined;
    await body?.cancel(reason);
  }

  async #piece(): Promise<Uint8Array | undefined> {
    if (this.#position === this.#total) return undefined;
    if (!this.#body) throw this.#options.signal.reason ?? new SourceBroken("gone", this.#position);
    const { clock } = this.#options;
    const since = this.#readingSince = clock.now();
    const piece = await this.#body.read();
    this.#readingSince = undefined;
    if (!piece) return this.#ended();
    this.#taken?.(piece.length, clock.now() - since);
    const skipped = Math.min(this.#skip, piece.length);
    this.#skip -= skipped;
    const rest = this.#total === undefined ? Infinity : this.#total - this.#position;
    const bytes = piece.subarray(skipped, skipped + rest);
    this.#position += bytes.length;
    return bytes;
  }

  /** The body has ended: is that the end of the content? */
  #ended(): undefined {
    const { signal, stallTimeout } = this.#options;
    signal.throwIfAborted();
    if (this.#stalled) {
      this.#stalled = false;
      throw new SourceBroken(`nothing came for ${stallTimeout} ms`, this.#position);
    }
    if (this.#total === undefined && this.#skip === 0) return undefined;
    throw new SourceBroken(`the source ended before its ${this.#total} bytes`, this.#position);
  }

  async #resume(error: unknown): Promise<void> {
    await this.#drop(error);
    const { clock, signal, retries, backoff, onResume } = this.#options;
    signal.throwIfAborted();
    if (this.#position - this.#resumedAt >= PROGRESS) this.#attempt = 0;
    this.#resumedAt = this.#position;
    let last = error;
    while (this.#attempt < retries) {
      this.#attempt++;
      await clock.delay(backoff(this.#attempt), signal);
      try {
        await this.#ask();
        onResume?.(this.#position, error);
        return;
      } catch (failure) {
        if (failure instanceof Contradiction || signal.aborted) throw failure;
        last = failure;
      }
    }
    if (last instanceof SourceBroken) throw last;
    throw new SourceBroken("the source could not be resumed", this.#position, { cause: last });
  }

  async #ask(): Promise<SourceAnswer> {
    const source = this.#sources[Math.max(0, this.#attempt - 1) % this.#sources.length]!;
    const answer = await source(this.#position, this.#options.signal, {
      once: this.#attempt > 0,
      total: this.#total,
    });
    const problem = this.#contradiction(answer);
    if (problem) {
      await answer.body.cancel().catch(() => {});
      throw new Contradiction(problem, this.#position);
    }
    this.#total ??= answer.total;
    this.#skip = this.#position - answer.offset;
    this.#body = new BodyReader(answer.body);
    this.#taken = answer.taken;
    return answer;
  }

  #contradiction({ offset, total }: SourceAnswer): string | undefined {
    if (offset > this.#position || offset < 0) return `the source began at byte ${offset} instead`;
    if (total === undefined) return undefined;
    if (total !== (this.#total ?? total)) {
      return `the source says ${total} bytes after saying ${this.#total}`;
    }
    if (total < this.#position) return `the source has only ${total} bytes`;
  }

  /** Drops a body from which nothing comes for too long; the pending read sees its end. */
  async #watch(): Promise<void> {
    const { clock, stallTimeout } = this.#options;
    const waited = () => this.#readingSince === undefined ? 0 : clock.now() - this.#readingSince;
    while (!this.#over.signal.aborted) {
      if (waited() >= stallTimeout) {
        this.#stalled = true;
        this.#readingSince = undefined;
        await this.#drop(new SourceBroken("stalled", this.#position));
      }
      await clock.delay(Math.max(1, stallTimeout - waited()), this.#over.signal).catch(() => {});
    }
  }
}

/**
 * Milliseconds for which a piece may grow, at the pace of the one before. Where a source slows down in
 * the midst of one, that piece comes late, or is asked for again; the next one is smaller.
 */
const GATHER = 5;

/** Bytes to read in one piece: no more than the processor's own memory holds of them meanwhile. */
const PIECE = 2 ** 18;
/** The same of a source that is slow: there may be many of those at once. */
const SLOW_PIECE = 2 ** 16;

/** Reads a body in large pieces where it allows that, all into the same memory: each costs the same. */
class BodyReader {
  readonly #byob: ReadableStreamBYOBReader | undefined;
  readonly #plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #buffer = new ArrayBuffer(0);
  /** Bytes a millisecond of late. */
  #pace = 0;

  constructor(body: ReadableStream<Uint8Array>) {
    try {
      this.#byob = body.getReader({ mode: "byob" });
      this.#buffer = new ArrayBuffer(SLOW_PIECE);
    } catch {
      this.#plain = body.getReader();
    }
  }

  /** The next piece, which holds until the next call. */
  async read(): Promise<Uint8Array | undefined> {
    if (!this.#byob) return (await this.#plain!.read()).value;
    const asked = performance.now();
    const wanted = Math.floor(this.#pace * GATHER);
    if (wanted > this.#buffer.byteLength) this.#grow();
    const min = Math.min(Math.max(1, wanted), this.#buffer.byteLength);
    const { value } = await this.#byob.read(new Uint8Array(this.#buffer), { min });
    if (value) this.#buffer = value.buffer;
    if (!value?.length) return undefined;
    this.#pace = value.length / Math.max(0.1, performance.now() - asked);
    return value;
  }

  #grow(): void {
    if (this.#buffer.byteLength < PIECE) this.#buffer = new ArrayBuffer(PIECE);
  }

  async cancel(reason: unknown): Promise<void> {
    await (this.#byob ?? this.#plain)?.cancel(reason).catch(() => {});
  }
}
