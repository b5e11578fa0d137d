/**
 * One view of rows among several Berths: each tells the others what it learns, and all of them apply
 * everything in one order. Who has missed something has the rows of somebody else instead.
 */
import { type Clock, every } from "../../base/clock.ts";
import { type Change, rowsAmong, type SharedRows } from "../change.ts";
import { isLater, parseChangeId } from "../change_id.ts";
import { StorageError } from "../errors.ts";
import type { Message, Seal } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { Packed } from "./snapshot.ts";
import type { Entry, Stream } from "./stream.ts";

interface FeedOptions {
  rows: SharedRows;
  stream: Stream;
  seal: Seal;
  clock: Clock;
  /** What others know this one by. */
  by: string;
  /** Rows of others, packed, from wherever there are any; `"away"`: where some may be later. */
  snapshots: (signal: AbortSignal) => Promise<(ReadableStream<Uint8Array> | "away")[]>;
  /** By topic, who wants to know what others tell that is no row. */
  news: ReadonlyMap<string, NewsListener>;
  /** Told in words of what is worth a line of the log: a warning where it says nothing else. */
  say(line: string, level?: "info" | "warn"): void;
}

interface FeedFigures {
  /** Seconds since everything that was told had arrived; 0 while it has. */
  lag: number;
  /** Changes of rows since the start; news are none. */
  published: number;
  applied: number;
  /** What is wrong, in words; empty where nothing is. */
  problem: string;
}

/** Told of the newest value about something. */
export type NewsListener = (about: string, value: unknown) => void;

/** Milliseconds until another attempt, and of lag that is worth saying. */
const AGAIN = 1000;
const LATE = 30_000;
const REST_EVERY = 10_000;
/** Milliseconds after which one that began without rows asks for them again. */
const BARE_AGAIN = 10_000;
/** As many entries at once, and there may be more. */
const MANY = 100;

export class Feed implements AsyncDisposable {
  readonly #options: FeedOptions;
  readonly #outbox: Outbox;
  readonly #over = new AbortController();
  /** The number of the last message of each. */
  readonly #numbers = new Map<string, number>();
  readonly #joined = Promise.withResolvers<void>();
  #tasks: Promise<void>[] = [];
  #telling: Promise<void> | undefined;
  #unlisten = () => {};
  #applied = 0;
  /** When the last answer came with all there was. */
  #currentAt: number;
  #current = false;
  #missed = false;
  /** It began without the rows that others have, and looks for them again at that time. */
  #bareUntil: number | undefined;
  #foreignAt = -Infinity;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options);
    this.#currentAt = options.clock.now();
  }

  /** Begins to tell and to hear. Resolves once everything is known, or after `patience` milliseconds. */
  async start(patience: number): Promise<void> {
    const { rows, clock } = this.#options;
    const { signal } = this.#over;
    // Before any of it is replaced by what others know.
    this.#outbox.tellMissed();
    this.#unlisten = rows.onChange((change) => this.#outbox.tell(change));
    this.#telling = this.#outbox.run(signal);
    this.#tasks = [
      this.#hear(signal),
      every(clock, REST_EVERY, signal, () => this.#outbox.rest(), () => {}),
    ];
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(patience, late.resolve);
    await Promise.race([this.#joined.promise, late.promise]);
    cancel();
  }

  /** Tells the others of something that is no row. */
  tell(topic: string, about: string, value: unknown): void {
    this.#outbox.tell({ kind: "news", topic, about, value });
  }

  figures(): FeedFigures {
    const now = this.#options.clock.now();
    const silent = this.#current ? 0 : now - this.#currentAt;
    const seconds = Math.round(silent / 1000);
    const late = silent > LATE ? `what other Berths learn has not arrived for ${seconds} s` : "";
    const foreign =
      "somebody else writes to the same feed: check cluster.secret and cluster.prefix";
    return {
      lag: silent / 1000,
      published: this.#outbox.told,
      applied: this.#applied,
      problem: late || (now - this.#foreignAt < LATE ? foreign : ""),
    };
  }

  /** Tells what is left, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unlisten();
    this.#over.abort(new Error("the feed is over"));
    const { stream, clock } = this.#options;
    const late = clock.after(AGAIN, () => stream.close());
    await this.#telling;
    late();
    this.#outbox.rest();
    stream.close();
    await Promise.all(this.#tasks);
  }

  async #hear(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      try {
        let at = await this.#mend(signal);
        while (!signal.aborted) at = await this.#next(at);
      } catch (error) {
        this.#current = false;
        if (signal.aborted) return;
        if (error instanceof StorageError) this.#options.say(error.message);
        if (!(error instanceof Gap)) await clock.delay(AGAIN, signal).catch(() => {});
      }
    }
  }

  /** Where to go on hearing, once what was missed is made good. */
  async #mend(signal: AbortSignal): Promise<string> {
    const { rows, stream, say } = this.#options;
    const bare = this.#bareUntil !== undefined;
    const last = bare ? undefined : rows.lastApplied;
    if (last && !this.#missed && await stream.has(last)) return last;
    const loaded = await this.#load(last, signal);
    if (bare && !loaded && !this.#missed) return rows.lastApplied ?? "0-0";
    if (loaded) say(`has the rows of another Berth, as of ${timeOf(loaded)}`, "info");
    else if (last) {
      say("has missed changes, and no other Berth knows more: tells again what it knows");
    }
    this.#missed = false;
    this.#numbers.clear();
    // From a server that was emptied nobody hears what it had: each tells it again.
    this.#outbox.tellRecent();
    return rows.lastApplied ?? "0-0";
  }

  /** Has the newest rows of somebody who knows more than this one; `undefined` where nobody does. */
  async #load(last: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const { rows, seal, snapshots, say, clock } = this.#options;
    const all = await snapshots(signal);
    const streams = all.filter((one) => one !== "away");
    const opened = await Promise.all(
      streams.map((stream) => Packed.open(stream, seal).catch(() => undefined)),
    );
    const found = opened.filter((one) => one !== undefined)
      .sort((a, b) => laterFirst(a.id, b.id));
    let loaded: string | undefined;
    for (const packed of found) {
      const { id } = packed;
      if (loaded || !id || (last && !isLater(parseChangeId(id), parseChangeId(last)))) {
        await packed.cancel();
        continue;
      }
      try {
        const changes = await packed.changes();
        // What it has learnt meanwhile it hears again with the rest, also where the server was emptied.
        if (this.#bareUntil !== undefined) this.#outbox.tellMissed(0);
        rows.replace(changes, id);
        loaded = id;
      } catch (error) {
        if (error instanceof StorageError) throw error;
        say(`could not use a snapshot: ${error instanceof Error ? error.message : error}`);
      }
    }
    const bare = !last && !loaded && streams.length < all.length;
    this.#bareUntil = bare ? clock.now() + BARE_AGAIN : undefined;
    return loaded;
  }

  /** Applies what comes after `at`, and returns up to where. Throws {@linkcode Gap}. */
  async #next(at: string): Promise<string> {
    const { stream, clock } = this.#options;
    if (clock.now() >= (this.#bareUntil ?? Infinity)) throw new Gap("rows may be had by now");
    const entries = await stream.read(at);
    for (const entry of entries) this.#take(entry);
    if (entries.length < MANY) {
      this.#current = true;
      this.#currentAt = clock.now();
      this.#joined.resolve();
    } else this.#current = false;
    const now = entries.at(-1)?.id ?? at;
    // Behind a crowd old entries go; in silence the server may have been emptied.
    const check = entries.length === 0 || entries.length >= MANY;
    if (check && now !== "0-0" && !await stream.has(now)) throw this.#gap();
    return now;
  }

  #take({ id, text }: Entry): void {
    const message = this.#options.seal.read(text);
    if (typeof message === "string") {
      if (message === "foreign") this.#foreignAt = parseChangeId(id).ms;
      return this.#apply([], id, false);
    }
    const { by, n, changes } = message;
    const known = this.#numbers.get(by);
    // It was sent twice, since its sender did not hear that it had arrived.
    if (known !== undefined && n <= known) return this.#apply([], id, false);
    if (known !== undefined && n > known + 1) throw this.#gap();
    this.#numbers.set(by, n);
    this.#apply(changes, id, by === this.#options.by);
    this.#tellNews(message);
  }

  #apply(changes: readonly Change[], id: string, own: boolean): void {
    const { rows, say } = this.#options;
    try {
      rows.apply(changes, id, own);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      // Of a version that does not know this one's, or the like: the rest is worth hearing.
      say(
        `left out changes that it cannot make: ${error instanceof Error ? error.message : error}`,
      );
      rows.apply([], id);
    }
    if (!own) this.#applied += rowsAmong(changes);
  }

  #tellNews({ by, changes }: Message): void {
    if (by === this.#options.by) return;
    const { news } = this.#options;
    for (const change of changes) {
      if (change.kind === "news") news.get(change.topic)?.(change.about, change.value);
    }
  }

  #gap(): Gap {
    this.#missed = true;
    return new Gap("messages are missing");
  }
}

/** Something was told that this one cannot hear any more. */
class Gap extends Error {}

function laterFirst(a: string | undefined, b: string | undefined): number {
  if (!a || !b) return a ? -1 : b ? 1 : 0;
  return isLater(parseChangeId(b), parseChangeId(a)) ? 1 : -1;
}

/** The time in an id, for people. */
function timeOf(id: string): string {
  return new Date(parseChangeId(id).ms).toISOString();
}
