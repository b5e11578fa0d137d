/** Notices that somebody knows of and does not want to be told of. They survive a restart. */
import type { StatsStore } from "./store.ts";

/** For as long as the matter lasts. */
export const UNTIL_OVER = Number.MAX_SAFE_INTEGER;

export class Mutes {
  readonly #store: Pick<StatsStore, "mutes" | "setMute">;
  readonly #now: () => number;
  readonly #until: Map<string, number>;

  /** `now` in Unix milliseconds. */
  constructor(store: Pick<StatsStore, "mutes" | "setMute">, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#until = store.mutes();
  }

  /** Until when the notice `id` is muted, in Unix milliseconds; undefined where it is not. */
  until(id: string): number | undefined {
    const until = this.#until.get(id);
    return until !== undefined && until > this.#now() ? until : undefined;
  }

  /** Mutes the notice `id` until then; undefined: not any more. Throws where the disk refuses. */
  set(id: string, until: number | undefined): void {
    this.#store.setMute(id, until);
    if (until === undefined) this.#until.delete(id);
    else this.#until.set(id, until);
  }

  /** The matter of the notice `id` is over: if it comes again, that is news. */
  over(id: string): void {
    if (this.#until.get(id) === UNTIL_OVER) this.set(id, undefined);
  }
}
