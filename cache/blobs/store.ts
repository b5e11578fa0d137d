/** Where blobs live. Every backend passes the suite in `tests/cache/blobs/store_suite.ts`. */

export interface StoredBlob {
  digest: string;
  size: number;
  /** Unix milliseconds at which it was stored. */
  created: number;
}

/** An open blob. Its opener closes it, or reads `readable` to its end. */
export interface BlobFile {
  readonly size: number;
  /** Everything from byte `from` on, as the backend's fastest stream; closes the file at its end. */
  readable(from: number): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Fills `into` with bytes from `at` on; returns how many there were, 0 at the end. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** As {@linkcode read}, while everybody waits; never while a read is under way. */
  readNow(into: Uint8Array, at: number): number;
  close(): void;
}

/** A blob being written. Nobody else sees it before `commit`. */
export interface BlobWriter {
  /** Bytes written so far, those of a kept partial included. */
  readonly size: number;
  /** Appends; when it throws, `size` says how much of `bytes` went in, and the rest may be tried again. */
  write(bytes: Uint8Array): Promise<void>;
  /** Opens what has been written so far, before and after `commit`. */
  open(): Promise<BlobFile>;
  /** Makes the blob durable and visible under its digest. */
  commit(): Promise<void>;
  /** Leaves what has been written for a later `create` of the same digest to resume. */
  keep(): Promise<void>;
  /** Removes what has been written. */
  abort(): Promise<void>;
}

export interface BlobStore {
  stat(digest: string): Promise<StoredBlob | undefined>;
  open(digest: string): Promise<BlobFile | undefined>;
  /**
   * Where the blob is kept or would be, as a path below `blobs/` in the cache's directory, for another
   * server to send; `undefined` where this store keeps no files.
   */
  fileOf(digest: string): string | undefined;
  /**
   * Begins a blob. With `resume` it continues a kept partial where there is one, whose bytes
   * nobody has verified.
   */
  create(digest: string, options?: { resume: boolean }): Promise<BlobWriter>;
  /** Whether a stream of the blob that `readable` gave is still open. */
  inUse(digest: string): boolean;
  /**
   * Removes the blob; false where there was none. Those who have it open read on. From the call on
   * the digest is free for another blob; the promise tells when its room is.
   */
  remove(digest: string): Promise<boolean>;
  /**
   * Moves a damaged blob out of the way, for a person to look at; at once, as `remove`. Returns how
   * to open it there.
   */
  setAside(digest: string): () => Promise<BlobFile>;
  /** Every blob; digests of places that changed before `changedSince` (Unix ms) may be left out. */
  list(changedSince?: number): AsyncIterable<StoredBlob>;
  /** Bytes on the medium that are free to us, and all of them. */
  space(): Promise<{ free: number; total: number }>;
}
