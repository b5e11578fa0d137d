/** What this Berth has to tell the others: kept until it is told, in order. */
import type { Clock } from "../../base/clock.ts";
import { type Change, type ImageUse, rowsAmong, type SharedRows, type Use } from "../change.ts";
import { isLater, parseChangeId } from "../change_id.ts";
import type { Seal } from "./message.ts";
import type { Stream } from "./stream.ts";

interface OutboxOptions {
  stream: Stream;
  seal: Seal;
  clock: Clock;
  rows: Pick<SharedRows, "changedSince" | "toldUntil" | "lastApplied">;
  /** What others know this one by. */
  by: string;
}

/** Changes in one message. */
const BATCH = 500;
/** Beyond so many that wait, they are found among the rows instead once they can be told. */
const MOST = 20_000;
/** Uses are told so seldom: they decide about nothing that is urgent. Milliseconds. */
const USES_EVERY = 60_000;
/** What was told so lately may be lost with the server. Milliseconds, and changes at most. */
const RECENT = 60_000;
const MOST_RECENT = 5000;
const AGAIN = 1000;

export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Change[] = [];
  /** Comes before what waits: it was learnt before. */
  #again: Change[] = [];
  #sending: readonly Change[] | undefined;
  #greeting = false;
  #uses = new Map<string, Use>();
  #asked = new Map<string, ImageUse>();
  #usesFrom = 0;
  #recent: { at: number; change: Change }[] = [];
  #lost = false;
  #n = 0;
  #told = 0;
  #wake = Promise.withResolvers<void>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#usesFrom = options.clock.now();
  }

  /** Changes of rows that were told of since the start. */
  get told(): number {
    return this.#told;
  }

  /** The others are to know of `change`. */
  tell(change: Change): void {
    if (change.kind === "used") return this.#gather(change.uses);
    if (change.kind === "asked") return this.#gatherAsked(change.uses);
    if (change.kind === "news") {
      const { topic, about } = change;
      this.#waiting = this.#waiting.filter((one) =>
        one.kind !== "news" || one.topic !== topic || one.about !== about
      );
    }
    this.#waiting.push(change);
    if (this.#waiting.length > MOST) {
      this.#waiting = [];
      this.#lost = true;
    }
    this.#wake.resolve();
  }

  /** What was learnt while nobody could be told, now or before the last start; or since `since`. */
  tellMissed(since = this.#options.rows.toldUntil): void {
    this.#lost = false;
    this.#again = this.#options.rows.changedSince(since);
    this.#wake.resolve();
  }

  /** What was told a short while ago, since others may not have heard it; and that this one is here. */
  tellRecent(): void {
    const recent = this.#recent.map(({ change }) =>
      change.kind === "tag" ? { ...change, again: true as const } : change
    );
    this.#recent = [];
    this.#again = this.#again.concat(recent);
    this.#greeting = true;
    this.#wake.resolve();
  }

  /** Tells, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    while (!signal.aborted) {
      const { promise } = this.#wake;
      try {
        await this.#tellAll();
        await promise;
        this.#wake = Promise.withResolvers();
      } catch {
        await clock.delay(AGAIN, signal).catch(() => {});
      }
    }
    this.#tellUses();
    await this.#tellAll().catch(() => {});
  }

  /** Notes that everything is told, if it is; and has uses told, if it is time. */
  rest(): void {
    const { clock, rows } = this.#options;
    const now = clock.now();
    const uses = this.#uses.size + this.#asked.size;
    if (now - this.#usesFrom >= USES_EVERY && uses > 0) this.#tellUses();
    else if (this.#isEmpty()) rows.toldUntil = now - 1000;
  }

  #tellUses(): void {
    this.#usesFrom = this.#options.clock.now();
    const [uses, asked] = [[...this.#uses.values()], [...this.#asked.values()]];
    if (uses.length > 0) this.#waiting.push({ kind: "used", uses });
    if (asked.length > 0) this.#waiting.push({ kind: "asked", uses: asked });
    this.#uses.clear();
    this.#asked.clear();
    this.#wake.resolve();
  }

  #isEmpty(): boolean {
    return !this.#lost && !this.#sending && this.#waiting.length + this.#again.length === 0;
  }

  async #tellAll(): Promise<void> {
    for (;;) {
      if (this.#lost) this.tellMissed();
      // What could not be sent stays as it was: it may have arrived.
      const batch = this.#sending ??= this.#next();
      if (!batch) return;
      await this.#send(batch);
      this.#sending = undefined;
      this.#told += rowsAmong(batch);
      this.#remember(batch);
    }
  }

  /** The next message; one of nothing is a greeting. */
  #next(): readonly Change[] | undefined {
    const from = this.#again.length > 0 ? this.#again : this.#waiting;
    const greeting = this.#greeting;
    this.#greeting = false;
    return from.length > 0 || greeting ? from.splice(0, BATCH) : undefined;
  }

  async #send(changes: readonly Change[]): Promise<void> {
    const { stream, seal, by, rows } = this.#options;
    const text = seal.write({ by, n: this.#n + 1, changes });
    const id = await stream.add(text);
    const last = rows.lastApplied;
    // A server that began anew, with a clock that is behind, begins below what has been before.
    if (last && !isLater(parseChangeId(id), parseChangeId(last))) {
      await stream.raise(last);
      await stream.add(text);
    }
    this.#n++;
  }

  #remember(changes: readonly Change[]): void {
    const at = this.#options.clock.now();
    this.#recent.push(...changes.map((change) => ({ at, change })));
    const first = this.#recent.findIndex((one) => one.at > at - RECENT);
    this.#recent = this.#recent.slice(Math.max(first, this.#recent.length - MOST_RECENT));
  }

  #gather(uses: readonly Use[]): void {
    for (const [digest, at, hits] of uses) {
      const before = this.#uses.get(digest);
      this.#uses.set(digest, [digest, Math.max(at, before?.[1] ?? 0), hits + (before?.[2] ?? 0)]);
    }
  }

  #gatherAsked(uses: readonly ImageUse[]): void {
    for (const [repository, reference, at, hits] of uses) {
      const key = `${repository} ${reference}`;
      const [, , last, before] = this.#asked.get(key) ?? ["", "", 0, 0];
      this.#asked.set(key, [repository, reference, Math.max(at, last), hits + before]);
    }
  }
}
