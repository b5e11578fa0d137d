/** What the cache reports of itself, for the log, the metrics and the dashboard. */
import type { TagKey } from "./types.ts";

export type CacheEvent =
  | { kind: "fill-start"; digest: string; repository: string; total: number | undefined }
  | { kind: "fill-resumed"; digest: string; repository: string; offset: number; error: unknown }
  | { kind: "fill-end"; digest: string; repository: string; size: number; ms: number }
  /** After a start. `error` is a DigestMismatch where the source sent other bytes than those asked for. */
  | { kind: "fill-failed"; digest: string; repository: string; received: number; error: unknown }
  /** The content is passed on without being stored: disk full, read-only, or too large. */
  | { kind: "not-stored"; digest: string; repository: string; error: unknown }
  /** Upstream says of a known tag that it stands for something else now. */
  | { kind: "tag-moved"; key: TagKey; from: string; to: string }
  | Evicted
  /**
   * A stored file was missing or wrong; what was left of it lies in `damaged/`. Of the depot: the
   * object was wrong, and is removed.
   */
  | { kind: "damaged"; digest: string; repository: string; error: unknown; where?: "depot" }
  /** Upkeep behind the scenes failed; it is tried again. */
  | { kind: "trouble"; what: string; error: unknown; where?: "depot" };

/** Content that was removed; `repository` is one that held it, or empty. */
export interface Evicted {
  kind: "evicted";
  digest: string;
  repository: string;
  size: number;
  reason: EvictionReason;
  /** When it was stored and last used, Unix milliseconds. */
  created: number;
  lastUsed: number;
}

export type EvictionReason = "size" | "age" | "disk" | "asked";

export type CacheListener = (event: CacheEvent) => void;
