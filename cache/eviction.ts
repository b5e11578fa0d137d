/** What may be asked to go, what that would take, and what stays whatever happens. */

/** `repository` is `docker/library/alpine`: registry and upstream name. `olderThan`: ms since last use. */
export type Selector =
  | { digest: string }
  | { repository: string; tag?: string | undefined }
  | { registry: string }
  | { olderThan: number }
  | { all: true }
  /** Everything that any of them means; what only these share goes too. */
  | { any: Selector[] };

export interface EvictOptions {
  /** Take pinned content too. */
  pinned?: boolean | undefined;
}

export interface EvictionPlan {
  /** What goes. */
  digests: string[];
  /** Bytes that it frees. */
  bytes: number;
  /** The largest of what goes, in order of size. */
  largest: { digest: string; size: number }[];
  /** Tags that are forgotten, each counted once whatever clients accept. */
  tags: number;
  /** What was meant too but stays: held by a pin, or being read or fetched right now. */
  pinned: number;
  pinnedBytes: number;
  inUse: number;
  /** Belongs to what was meant and stays, since something else that stays holds it. */
  shared: number;
  sharedBytes: number;
}

export interface Pin {
  pattern: string;
  /** Whether it comes from the configuration, which alone can take it back. */
  configured: boolean;
}
