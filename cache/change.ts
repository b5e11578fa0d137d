/**
 * What changed in a cache that others may have to know of: caches that tell one another of their
 * changes, and apply all of them in one order, agree on tags, repositories, pins and what their depot
 * has. Rows of blobs are of each cache's own disk and are not told. The version and the sender of a
 * message are the carrier's business.
 */
import type { Selector } from "./eviction.ts";
import type { Reference } from "./manifest.ts";
import type { TagKey, TagName, TagRow } from "./types.ts";

/** Times are Unix milliseconds, repositories are named `docker/library/alpine`. */
export type Change =
  /**
   * Upstream has said what the tag stands for. `again`: not just now, but while nobody could be told;
   * what is known by now may be newer.
   */
  | { kind: "tag"; key: TagKey; row: TagRow; again?: true }
  /** The tag is gone, whatever clients accept. */
  | { kind: "untag"; name: TagName }
  | { kind: "link"; repository: string; digest: string }
  | { kind: "unlink"; repository: string; digest: string }
  /** Content went, and with it who held it and the tags that pointed to it. */
  | { kind: "gone"; digests: readonly string[] }
  /** Somebody wants what `selector` means to be gone from every disk. */
  | { kind: "evict"; selector: Selector; pinned: boolean }
  /** So many more uses of each, the last of them at that time; not for those who counted them. */
  | { kind: "used"; uses: readonly Use[] }
  /** The same of images; `all`: how often each was ever asked for, as far as known. */
  | { kind: "asked"; uses: readonly ImageUse[]; all?: true }
  | { kind: "pin"; pattern: string; on: boolean }
  /** What tags have stood for, and since when digests are known. */
  | { kind: "seen"; rows: readonly Sighting[] }
  /** The depot has that object, which names `references`. */
  | { kind: "stored"; object: StoredObject; references: readonly Reference[] }
  | { kind: "unstored"; digests: readonly string[] }
  /** What the cache only passes on: others want to know the newest `value` of `topic` about something. */
  | { kind: "news"; topic: string; about: string; value: unknown };

export type Use = readonly [digest: string, at: number, hits: number];

/** `reference`: what clients asked for, a tag or a digest. */
export type ImageUse = readonly [repository: string, reference: string, at: number, hits: number];

/** An empty tag: seen by its digest. `lastSeen` is the row's `checkedAt`. */
export type Sighting = readonly [key: TagKey, row: TagRow, firstSeen: number];

/** An object in the depot. Times are Unix milliseconds. */
export interface StoredObject {
  digest: string;
  size: number;
  /** Empty where nobody has said: a listing does not. */
  mediaType: string;
  created: number;
  lastUsed: number;
}

/** How many of `changes` are of rows: news are read and kept elsewhere. */
export function rowsAmong(changes: readonly Change[]): number {
  return changes.filter(({ kind }) => kind !== "news").length;
}

/** Must not throw. */
export type ChangeListener = (change: Change) => void;

/** The rows of a cache that others may have in common with it. */
export interface SharedRows {
  /** Whether there are others with the same rows, who may have what is not here. */
  readonly shared: boolean;
  /**
   * Calls `listener` with each change that others may have to know of, once it is written, until the
   * returned function is called. What came by {@linkcode apply} is not among them.
   */
  onChange(listener: ChangeListener): () => void;
  /**
   * Makes changes that were told of, all or none. `id` (`1732600000000-0`) is their place in the order
   * that all share: what is not later than the last one applied has been made before and is left
   * out. `own`: they come back to the one who told of them. Throws InvalidChangeId.
   */
  apply(changes: readonly Change[], id: string, own?: boolean): void;
  /** Up to where changes were applied; `undefined` where none ever were. */
  readonly lastApplied: string | undefined;
  /**
   * The rows as they are now, for a cache that has none or has missed something: as changes, some
   * hundred at a time. To be disposed of.
   */
  snapshot(): RowSnapshot;
  /** Has the rows of a snapshot that was taken at `id` in place of its own, all or nothing. */
  replace(changes: Iterable<Change>, id: string): void;
  /** What was learnt at `since` (Unix ms) or later, as changes told again. */
  changedSince(since: number): Change[];
  /** Until when everything has been told, in Unix milliseconds, also before the last start; 0: never. */
  toldUntil: number;
}

export interface RowSnapshot extends Disposable {
  /** Up to where changes had been applied; `undefined` where none were. */
  readonly id: string | undefined;
  readonly changes: Iterable<Change[]>;
}
