/** All fills: one for each digest, shared by all who ask for it. */
import { requireDigest } from "../digest.ts";
import type { Clock } from "../../base/clock.ts";
import { Fill } from "./fill.ts";
import type { FillDeps, StoredContent } from "./terms.ts";
import { DigestMismatch } from "../errors.ts";
import type { CacheListener } from "../events.ts";
import type { Course, Courses } from "../course.ts";
import type { Content, FillOptions, RunningFill, Source } from "../types.ts";

interface FillsOptions {
  /** How the bytes of each fill get here. */
  courses: Courses;
  /** The course of a fill could not be ended properly. */
  trouble: (error: unknown) => void;
  clock: Clock;
  deps: () => FillDeps;
  emit: CacheListener;
  /** Records what is in place and right. */
  stored: (
    digest: string,
    content: StoredContent,
    about: { repositories: ReadonlySet<string>; keepInMemory: boolean },
  ) => Promise<void>;
}

interface Entry {
  fill: Fill;
  course: Course;
  repository: string;
  label: string;
  startedAt: number;
  resumed: number;
}

/** All fills: one per digest, and those whose readers have not finished. */
export class Fills {
  readonly #options: FillsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #live = new Set<Fill>();
  /** Courses that are being ended. */
  readonly #ending = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: FillsOptions) {
    this.#options = options;
  }

  /**
   * Content by way of the running fill of `digest`, or of a new one. What the source throws before
   * it answers reaches everyone who waits for it, except those who ask on behalf of another
   * repository: its answer may be another one.
   */
  async fill(digest: string, source: Source, options: FillOptions): Promise<Content> {
    this.#stop.signal.throwIfAborted();
    for (;;) {
      const running = this.#entries.get(digest);
      if (!running || running.fill.detached) break;
      if (running.fill.failed) {
        await running.fill.done;
        continue;
      }
      try {
        return await running.fill.read(wayOf(running.course, source, options), options, "joined");
      } catch (error) {
        if (running.fill.started || running.repository === (options.repository ?? "")) throw error;
        await running.fill.done;
      }
    }
    const course = this.#options.courses(digest);
    const way = wayOf(course, source, options);
    return await this.#start(digest, course, way, options).read(way, options, "fill");
  }

  /**
   * Content from byte `from` on by way of the running fill of `digest`, to which this adds no source.
   * `undefined` where none runs, or it comes to nothing before its first byte.
   */
  async follow(digest: string, from: number): Promise<Content | undefined> {
    const fill = this.#entries.get(digest)?.fill;
    if (!fill || fill.detached || fill.failed) return undefined;
    try {
      return await fill.follow(from);
    } catch (error) {
      if (fill.started) throw error;
    }
  }

  /** Whether somebody fetches or reads `digest` by way of a fill. */
  has(digest: string): boolean {
    return this.#entries.has(digest) || this.#live.values().some((fill) => fill.digest === digest);
  }

  /** The fill of `digest` whose content is all here and right, though it is still being stored. */
  arrived(digest: string): Fill | undefined {
    const fill = this.#entries.get(digest)?.fill;
    return fill?.arrived && !fill.detached ? fill : undefined;
  }

  /** Repositories on whose behalf `digest` is being fetched; `undefined` where it is not. */
  repositories(digest: string): ReadonlySet<string> | undefined {
    return this.#entries.get(digest)?.fill.repositories;
  }

  /**
   * Milliseconds until the running fill of `digest` has come to byte `position`, at its pace so far;
   * Infinity before its first byte, `undefined` where none runs.
   */
  timeTo(digest: string, position: number): number | undefined {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    const { received } = entry.fill;
    if (received >= position) return 0;
    const pace = received / Math.max(1, this.#options.clock.now() - entry.startedAt);
    return (position - received) / pace;
  }

  /**
   * `repository` is found not to hold `digest`: what is being fetched is not recorded as its, nor what
   * may be the same under another algorithm. Returns its size, where that is known of a running fill.
   */
  unlink(repository: string, digest: string): number | undefined {
    const { algorithm } = requireDigest(digest);
    for (const [other, { fill }] of this.#entries) {
      const same = other === digest || requireDigest(other).algorithm !== algorithm;
      if (same) fill.repositories.delete(repository);
    }
    return this.#entries.get(digest)?.fill.total;
  }

  /** Bytes that running fills have received and not yet stored. */
  get pendingBytes(): number {
    return this.#entries.values().reduce((sum, { fill }) => sum + fill.received, 0);
  }

  running(): Omit<RunningFill, "mediaType">[] {
    return [...this.#entries.values()].map(({ fill, course: _, ...entry }) => ({
      digest: fill.digest,
      ...entry,
      received: fill.received,
      total: fill.total,
      followers: fill.readers,
    }));
  }

  /** Ends all of them, leaving what can be resumed, and begins no more. */
  async stop(reason: string): Promise<void> {
    this.#stop.abort(new Error(reason));
    await Promise.all([...this.#live].map((fill) => fill.stop(reason)));
    await Promise.all(this.#ending);
  }

  #start(digest: string, course: Course, source: Source, options: FillOptions): Fill {
    const { clock, deps, emit, stored } = this.#options;
    const repository = options.repository ?? "";
    const about = { digest, repository };
    const startedAt = clock.now();
    const keepInMemory = options.keepInMemory ?? true;
    let inPlace: { size: number; mediaType: string } | undefined;
    const fill: Fill = new Fill(digest, source, deps(), {
      started: () => emit({ kind: "fill-start", ...about, total: fill.total }),
      resumed: (offset, error) => {
        entry.resumed++;
        emit({ kind: "fill-resumed", ...about, offset, error });
      },
      notStored: (error) => emit({ kind: "not-stored", ...about, error }),
      stored: async (content) => {
        const mediaType = options.mediaType ?? content.mediaType;
        const { repositories } = fill;
        await stored(digest, { ...content, mediaType }, { repositories, keepInMemory });
        inPlace = { size: content.size, mediaType };
        this.#end(entry);
        emit({ kind: "fill-end", ...about, size: content.size, ms: clock.now() - startedAt });
      },
      // A source that refuses is the business of who asked, not an event of the cache.
      failed: (error) => {
        if (fill.started) emit({ kind: "fill-failed", ...about, received: fill.received, error });
        if (error instanceof DigestMismatch) course.wrong?.(error);
      },
      released: () => this.#live.delete(fill),
    }, options.mediaType);
    const label = options.label ?? "";
    const entry: Entry = { fill, course, repository, label, startedAt, resumed: 0 };
    this.#entries.set(digest, entry);
    this.#live.add(fill);
    void fill.done.then(() => {
      this.#end(entry);
      this.#endCourse(course, inPlace);
    });
    return fill;
  }

  #endCourse(course: Course, stored: Parameters<Course["ended"]>[0]): void {
    const ended = course.ended(stored).catch(this.#options.trouble)
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #end(entry: Entry): void {
    const { digest } = entry.fill;
    if (this.#entries.get(digest) === entry) this.#entries.delete(digest);
  }
}

/** The way by which a request with `options` gets what `source` has. */
function wayOf(course: Course, source: Source, { prove }: FillOptions): Source {
  return prove ? course.via(source, prove) : source;
}
