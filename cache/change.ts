/**
 * What changed in a cache that others may have to know of: caches that tell one another of their
 * changes, and apply all of them in one order, agree on tags, repositories and pins. Rows of blobs
 * are of each cache's own disk and are not told. The version and the sender of a message are the
 * carrier's business.
 */
import type { TagKey, TagName, TagRow } from "./types.ts";

/** Times are Unix milliseconds, repositories are named `docker/library/alpine`. */
export type Change =
  /** Upstream has said what the tag stands for. */
  | { kind: "tag"; key: TagKey; row: TagRow }
  /** The tag is gone, whatever clients accept. */
  | { kind: "untag"; name: TagName }
  | { kind: "link"; repository: string; digest: string }
  | { kind: "unlink"; repository: string; digest: string }
  /** Content went, and with it who held it and the tags that pointed to it. */
  | { kind: "gone"; digests: readonly string[] }
  /** So many more uses of each, the last of them at that time; not for those who counted them. */
  | { kind: "used"; uses: readonly Use[] }
  | { kind: "pin"; pattern: string; on: boolean };

export type Use = readonly [digest: string, at: number, hits: number];

/** Must not throw. */
export type ChangeListener = (change: Change) => void;
