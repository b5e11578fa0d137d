/** What one open dashboard has been told, and what it has to be told next. */
import type { Activity } from "../../proxy/observe/stats/activity.ts";
import type { ServerEvent } from "./sse.ts";
import type { Fill, Live, Member, Verification } from "./schema/events.ts";
import type { Status } from "./schema/status.ts";

/** What an open dashboard is told of. */
export interface FeedSource {
  live: () => Live;
  fills: () => Fill[];
  status: () => Status;
  /** Undefined where this Berth is alone. */
  members?: () => Member[] | undefined;
  verification: () => Verification;
  activity: Activity;
}

const STATE_MS = 1000;
const FILLS_MS = 500;
/** A reader that comes back after a long time gets this many requests, the latest. */
const MAX_REQUESTS = 200;
/** A new reader begins with these. */
const FIRST_REQUESTS = 50;

/** A new feed begins with everything; after that only what changed is told. */
export class Feed {
  readonly #present: FeedSource;
  readonly #now: () => number;
  readonly #told = new Map<string, string>();
  #seq: number;
  #stateAt = -Infinity;
  #fillsAt = -Infinity;

  /** `lastSeq` is the number of the last request that the reader knows; undefined where it is new. */
  constructor(present: FeedSource, now: () => number, lastSeq: number | undefined) {
    this.#present = present;
    this.#now = now;
    this.#seq = Math.min(lastSeq ?? Infinity, present.activity.last);
    if (lastSeq === undefined) this.#seq -= FIRST_REQUESTS;
  }

  /** Events since the last call. */
  poll(): ServerEvent[] {
    const now = this.#now();
    const events = this.#requests();
    if (now - this.#fillsAt >= FILLS_MS) {
      this.#fillsAt = now;
      events.push(...this.#changed("fills", this.#present.fills()));
    }
    if (now - this.#stateAt >= STATE_MS) {
      this.#stateAt = now;
      const { now: _liveNow, ...live } = this.#present.live();
      const { now: _statusNow, ...status } = this.#present.status();
      const members = this.#present.members?.();
      if (members) events.push(...this.#changed("members", members));
      events.push(
        ...this.#changed("live", live, now),
        ...this.#changed("status", status, now),
        ...this.#changed("verification", this.#present.verification()),
      );
    }
    return events;
  }

  #requests(): ServerEvent[] {
    const requests = this.#present.activity.after(this.#seq, MAX_REQUESTS);
    const last = requests.at(-1);
    if (!last) return [];
    this.#seq = last.seq;
    return [{ event: "requests", id: String(last.seq), data: requests }];
  }

  /** The event where `state` is not what was told last; the clock alone is no news. */
  #changed(event: string, state: object, now?: number): ServerEvent[] {
    const text = JSON.stringify(state);
    if (this.#told.get(event) === text) return [];
    this.#told.set(event, text);
    return [{ event, data: now === undefined ? state : { ...state, now } }];
  }
}
