/** What happens in the cache and what failed recently, from its events. */
import { LargerThanCache } from "../../../cache/errors.ts";
import type { CacheEvent } from "../../../cache/events.ts";

export interface Trouble {
  /** Unix milliseconds since when it lasts. */
  since: number;
  /** Of the latest time. */
  message: string;
}

/** Why content was passed on and not stored. */
export interface NotStored extends Trouble {
  diskFull: boolean;
  tooLarge?: boolean;
}

/** Damage found longer ago than this is history. */
const RECENT_MS = 24 * 3600e3;
/** Evictions come in bursts; one is under way until this long after the last blob. */
const EVICTING_MS = 5e3;

/** Hand `observe` to the cache's `onEvent`. */
export class CacheWatch {
  readonly #now: () => number;
  #notStored: NotStored | undefined;
  #upkeep: Trouble | undefined;
  #evictedAt = -Infinity;
  /** Digest of a running fill → byte at which its source broke off the last time. */
  readonly #brokenAt = new Map<string, number>();
  #damaged: { at: number; digest: string }[] = [];

  /** `now` in Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Learns from one event. */
  readonly observe = (event: CacheEvent): void => {
    const now = this.#now();
    switch (event.kind) {
      case "not-stored":
        this.#notStored = {
          since: this.#notStored?.since ?? now,
          message: messageOf(event.error),
          diskFull: isDiskFull(event.error),
          ...event.error instanceof LargerThanCache && { tooLarge: true },
        };
        break;
      case "fill-resumed":
        this.#brokenAt.set(event.digest, event.offset);
        break;
      case "fill-failed":
        this.#brokenAt.delete(event.digest);
        break;
      case "fill-end":
        this.#brokenAt.delete(event.digest);
        this.#notStored = undefined;
        break;
      case "evicted":
        if (event.reason !== "asked") this.#evictedAt = now;
        break;
      case "trouble":
        if (event.where === "depot") break; // it tells of itself
        this.#upkeep = { since: now, message: `${event.what}: ${messageOf(event.error)}` };
        break;
      case "damaged":
        this.#damaged = [...this.#recentDamage(), { at: now, digest: event.digest }].slice(-100);
    }
  };

  /** Whether the fill of `digest` has got nothing since its source broke off. */
  isResuming(digest: string, received: number): boolean {
    return this.#brokenAt.get(digest) === received;
  }

  /** Room is being made. */
  get evicting(): boolean {
    return this.#now() - this.#evictedAt < EVICTING_MS;
  }

  /** Content is passed on without being stored. */
  get notStored(): NotStored | undefined {
    return this.#notStored;
  }

  /** Upkeep that failed within the last day. */
  get upkeep(): Trouble | undefined {
    return this.#upkeep && this.#now() - this.#upkeep.since < RECENT_MS ? this.#upkeep : undefined;
  }

  /** Digests found damaged within the last day, the latest last. */
  get damaged(): { at: number; digest: string }[] {
    return this.#recentDamage();
  }

  #recentDamage(): { at: number; digest: string }[] {
    return this.#damaged.filter(({ at }) => this.#now() - at < RECENT_MS);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's words: Deno has no class of its own for ENOSPC and EDQUOT. */
function isDiskFull(error: unknown): boolean {
  return /no space left|disk quota|ENOSPC|EDQUOT|os error (28|122)|disk is full/i.test(
    messageOf(error),
  );
}
