/** Which notices hold: tells of each when it begins and when it is over, unless it is muted. */
import { type Clock, every } from "../../base/clock.ts";
import type { Notice } from "./notice.ts";

export interface NoticeChange {
  state: "opened" | "over";
  notice: Notice;
  /** Milliseconds from its beginning to its end; 0 where it is not over. */
  lasted: number;
}

interface BoardOptions {
  clock: Clock;
  /** Everything that holds at the moment. */
  notices(): Promise<Notice[]>;
  /** Until when a notice is muted; null: while it lasts. Undefined where it is not. */
  mutedUntil(id: string): number | null | undefined;
  /** Told of each change. Must not throw. */
  changed(change: NoticeChange): void;
  /** The matter of a notice is over, told of or not. */
  over(id: string): void;
  /** Told of errors of our own. */
  failed(error: unknown): void;
}

interface Open {
  notice: Notice;
  since: number;
  /** Somebody was told that it holds. */
  told: boolean;
}

/** Milliseconds between two looks. */
export const LOOK_EVERY = 5_000;

export class NoticeBoard {
  readonly #options: BoardOptions;
  readonly #open = new Map<string, Open>();
  readonly #closed = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Looks every few seconds from now on. */
  start(): void {
    const { clock, failed } = this.#options;
    void every(clock, LOOK_EVERY, this.#closed.signal, () => this.look(), failed);
  }

  /** Looks now; one look at a time. Rejects with what `notices` throws. */
  look(): Promise<void> {
    const look = this.#looking.then(() => this.#look());
    this.#looking = look.catch(() => {});
    return look;
  }

  /** A look that runs is waited for. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, notices, mutedUntil, changed } = this.#options;
    const found = await notices();
    if (this.#closed.signal.aborted) return;
    const now = clock.now();
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, open] of this.#open) if (!ids.has(id)) this.#end(id, open, now);
    for (const notice of found) {
      const before = this.#open.get(notice.id);
      const since = before?.since ?? notice.since ?? now;
      const muted = mutedUntil(notice.id) !== undefined;
      const told = before?.told || !muted;
      this.#open.set(notice.id, { notice, since, told });
      // One whose mute has run out while it lasts is told of then.
      if (told && !before?.told) changed({ state: "opened", notice, lasted: 0 });
    }
  }

  #end(id: string, { notice, since, told }: Open, now: number): void {
    const { mutedUntil, changed, over } = this.#options;
    this.#open.delete(id);
    const until = mutedUntil(id);
    over(id);
    // Who has acknowledged it wants to know that it is over.
    const silent = until !== undefined && until !== null;
    if (told && !silent) changed({ state: "over", notice, lasted: Math.max(0, now - since) });
  }
}
