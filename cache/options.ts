/** The settings of a cache, and what holds where they are left out. */
import { type Clock, systemClock } from "../base/clock.ts";
import { DiskStore } from "./blobs/disk.ts";
import { alone, type Courses } from "./course.ts";
import type { DepotLimits, DepotPlace } from "./depot_options.ts";
import type { RebuildProgress } from "./catalog/rebuild.ts";
import type { BlobStore } from "./blobs/store.ts";

/** What may change while the cache is open. Sizes are bytes, times milliseconds. */
export interface CacheSettings {
  /** Bytes that stored content may take. */
  maxSize: number;
  /** Bytes of the disk to leave free. */
  minFree: number;
  /** Time since last use after which content goes; 0: never. */
  maxAge: number;
  /** Time after which stored bytes are compared with their digest again. */
  verifyEvery: number;
  /** Bytes of small content to keep in memory. */
  memory: number;
  /** Globs on `registry/repository:tag` whose images stay. */
  pin: readonly string[];
  /** How often in a row a broken source is asked again. */
  retries: number;
  /** Time without a byte after which a source counts as broken. */
  stallTimeout: number;
  /** Of the depot, where there is one. */
  depotLimits: DepotLimits;
}

export interface CacheOptions extends Partial<CacheSettings> {
  /** Where everything is kept; made if it does not exist, and held against other processes. */
  dir: string;
  /** Time to wait before the `attempt`-th retry of a source, counted from 1. */
  backoff?: (attempt: number) => number;
  /** Time for which a fill continues after its last reader has gone. */
  orphanLimit?: number;
  /** Bytes per second that the background verification may read; 0 turns it off. */
  scrubRate?: number;
  /** Told of progress while a lost or damaged index is rebuilt. */
  onRebuild?: (progress: RebuildProgress) => void;
  clock?: Clock;
  /** How the bytes of fills get here; from upstream alone unless told otherwise. */
  courses?: Courses;
  /** Whether others have the same rows; see `Cache.rows`. */
  shared?: boolean;
  /** A larger store behind this one: what is stored here is put there, and comes from there. */
  depot?: DepotPlace | undefined;
  /** Whether it falls to this one to keep the depot within its limits; it does unless told otherwise. */
  depotDuty?: () => Promise<boolean>;
  /** Opens the place that blobs live in; files under `dir` unless told otherwise. */
  openStore?: (dir: string, now: number) => Promise<BlobStore>;
}

const GiB = 2 ** 30;
const DAY = 24 * 3600e3;

/** The settings that hold unless told otherwise. */
const DEFAULT_SETTINGS: CacheSettings = {
  maxSize: 32 * GiB,
  minFree: GiB,
  maxAge: 60 * DAY,
  verifyEvery: DAY,
  memory: 64 * 2 ** 20,
  pin: [],
  retries: 3,
  stallTimeout: 60e3,
  depotLimits: { maxSize: 1024 * GiB, maxAge: 90 * DAY },
};

/** Half a second, doubled each time up to ten, with a spread that keeps crowds from marching in step. */
function defaultBackoff(attempt: number): number {
  return Math.min(10_000, 500 * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/** `options` with everything that was left out. */
export function withDefaults(options: CacheOptions): Required<CacheOptions> {
  return {
    ...DEFAULT_SETTINGS,
    backoff: defaultBackoff,
    orphanLimit: 15 * 60e3,
    scrubRate: 16 * 2 ** 20,
    onRebuild: () => {},
    clock: systemClock,
    courses: alone,
    shared: false,
    depot: undefined,
    depotDuty: () => Promise.resolve(true),
    openStore: (dir, now) => DiskStore.open(dir, now),
    ...options,
  };
}
