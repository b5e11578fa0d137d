/** How full the cache was, day by day, and how long what was evicted for room had not been used. */
import type { CacheEvent } from "../../../cache/events.ts";
import type { Sample } from "./growth.ts";

/** Figures of one day, counted from 1970. */
export interface StorageDay {
  day: number;
  /** As last sampled; undefined where Berth did not run long enough. */
  bytes?: number;
  /** Blobs that were evicted because of a limit of size, and the seconds since their last use. */
  evicted: number;
  unusedSeconds: number;
}

const DAY = 86400e3;
const KEEP = 40;
/** The days that are told. */
const TOLD = 30;

/** Where days are kept. */
export interface DayStore {
  storageDays(): StorageDay[];
  writeStorageDays(days: Iterable<StorageDay>, oldest: number): void;
}

/** Hand `observe` to the cache's `onEvent`, and `sample` its size from time to time. */
export class StorageDays {
  readonly #store: DayStore;
  readonly #now: () => number;
  readonly #days: Map<number, StorageDay>;
  readonly #changed = new Set<StorageDay>();

  /** `now` in Unix milliseconds. */
  constructor(store: DayStore, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#days = new Map(store.storageDays().map((day) => [day.day, day]));
  }

  /** Learns of an eviction; by age and by hand say nothing of how large the cache should be. */
  readonly observe = (event: CacheEvent): void => {
    if (event.kind !== "evicted" || event.reason === "asked" || event.reason === "age") return;
    const today = this.#today();
    today.evicted++;
    today.unusedSeconds += Math.max(0, (this.#now() - event.lastUsed) / 1000);
  };

  /** Notes how many bytes the cache holds now. */
  sample(bytes: number): void {
    this.#today().bytes = bytes;
  }

  /** How full it was in the last 30 days, oldest first, at the end of each. */
  samples(): Sample[] {
    return this.#lately().flatMap(({ day, bytes }) =>
      bytes === undefined ? [] : [{ time: day * DAY, bytes }]
    );
  }

  /** Milliseconds for which content had not been used when it was evicted; null where none was. */
  get evictedAfterMs(): number | null {
    const days = this.#lately();
    const evicted = days.reduce((sum, day) => sum + day.evicted, 0);
    const seconds = days.reduce((sum, day) => sum + day.unusedSeconds, 0);
    return evicted === 0 ? null : seconds * 1000 / evicted;
  }

  /** Writes what has changed. Throws where the disk refuses; it is tried again the next time. */
  flush(): void {
    if (this.#changed.size === 0) return;
    const oldest = Math.floor(this.#now() / DAY) - KEEP;
    this.#store.writeStorageDays(this.#changed, oldest);
    this.#changed.clear();
    for (const day of this.#days.keys()) if (day < oldest) this.#days.delete(day);
  }

  #lately(): StorageDay[] {
    const first = Math.floor(this.#now() / DAY) - TOLD + 1;
    return [...this.#days.values()].filter(({ day }) => day >= first)
      .sort((a, b) => a.day - b.day);
  }

  #today(): StorageDay {
    const day = Math.floor(this.#now() / DAY);
    let today = this.#days.get(day);
    if (!today) this.#days.set(day, today = { day, evicted: 0, unusedSeconds: 0 });
    this.#changed.add(today);
    return today;
  }
}
