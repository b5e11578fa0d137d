/** What a fill needs, and what it tells of itself. */
import type { Clock } from "../../base/clock.ts";
import type { Blocks } from "../blobs/blocks.ts";
import type { BlobStore } from "../blobs/store.ts";

export interface FillDeps {
  store: BlobStore;
  clock: Clock;
  /** How often in a row a broken source is asked again, and how long to wait before each time. */
  retries: number;
  backoff: (attempt: number) => number;
  /** Milliseconds without a byte after which a source counts as broken. */
  stallTimeout: number;
  /** Milliseconds for which a fill continues after its last reader has gone. */
  orphanLimit: number;
  /** Where what comes in is in memory, for those who read it and for the disk. */
  blocks: Blocks;
  /** Larger content is passed on without being stored. */
  maxSize: number;
  /** Makes room for `bytes` on the disk, if it can. */
  makeRoom: (bytes: number) => Promise<void>;
}

export interface StoredContent {
  size: number;
  mediaType: string;
  /** The content, where all of it is still in memory. */
  bytes: () => Uint8Array | undefined;
}

/** What a fill tells of itself. */
export interface FillHooks {
  started(): void;
  resumed(offset: number, error: unknown): void;
  /** The content is not stored, but passed on; `error` says why. */
  notStored(error: unknown): void;
  /** Everything is in place and right. */
  stored(content: StoredContent): Promise<void>;
  failed(error: unknown): void;
  /** It is over, and its last reader has gone. */
  released(): void;
}
