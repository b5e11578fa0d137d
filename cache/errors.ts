/** What can go wrong in the cache, as types that name what was received. */
import { formatSize } from "../base/units.ts";

/** Content that is larger than all of the cache may be: it is passed on and not stored. */
export class LargerThanCache extends Error {
  override name = "LargerThanCache";
  /** Both in bytes. */
  constructor(size: number, maxSize: number) {
    super(`${formatSize(size)} are more than the cache may hold (${formatSize(maxSize)})`);
  }
}

/** A range that begins past the end of the content: RFC 9110, section 15.5.17. */
export class RangeNotSatisfiable extends Error {
  override name = "RangeNotSatisfiable";
  /** @param size bytes in the whole content, for `Content-Range: bytes *\/size` */
  constructor(readonly size: number) {
    super(`the range begins past the end of ${size} bytes`);
  }
}

/** The bytes are not those that the digest promises. Nothing of them was stored. */
export class DigestMismatch extends Error {
  override name = "DigestMismatch";
  constructor(readonly expected: string, readonly actual: string) {
    super(`expected ${expected}, received content of ${actual}`);
  }
}

/** The source broke off, stalled or contradicted itself, and could not be resumed. */
export class SourceBroken extends Error {
  override name = "SourceBroken";
  /** @param offset bytes that had arrived */
  constructor(message: string, readonly offset: number, options?: ErrorOptions) {
    super(`${message} at byte ${offset}`, options);
  }
}

/** A fill was stopped because nobody waited for it any longer, or because the cache closes. */
export class FillStopped extends Error {
  override name = "FillStopped";
  constructor(readonly digest: string, reason: string) {
    super(`the fill of ${digest} was stopped: ${reason}`);
  }
}

/** A stored file is not what the index says: wrong size, wrong bytes or unreadable. */
export class ContentDamaged extends Error {
  override name = "ContentDamaged";
  constructor(readonly digest: string, reason: string, options?: ErrorOptions) {
    super(`stored content ${digest} is damaged: ${reason}`, options);
  }
}

/** Another process has this directory open. */
export class CacheLocked extends Error {
  override name = "CacheLocked";
  constructor(readonly dir: string, readonly holder: string) {
    super(`${dir} is in use by another process${holder && ` (${holder})`}`);
  }
}

/** The index was written by a newer version, whose schema this one does not know. */
export class CacheTooNew extends Error {
  override name = "CacheTooNew";
  constructor(readonly path: string, readonly found: number, readonly known: number) {
    super(
      `${path} has schema version ${found}, this version knows ${known}: ` +
        "use the newer version again, or move that file away: it is made anew, without pins",
    );
  }
}

/** The index file cannot be read; it is rebuilt from the content. */
export class IndexDamaged extends Error {
  override name = "IndexDamaged";
  constructor(readonly path: string, reason: string, options?: ErrorOptions) {
    super(`the index ${path} is damaged: ${reason}`, options);
  }
}

/** The medium that the cache lives on refused: a disk that is gone, full or not to be written. */
export class StorageError extends Error {
  override name = "StorageError";
  override readonly cause: Error;
  /**
   * @param what what was being done: `read the index`
   * @param where the file or directory it was done in
   */
  constructor(readonly what: string, readonly where: string, cause: Error) {
    super(`could not ${what} in ${where}: ${cause.message}`);
    this.cause = cause;
  }
}

/** No place in the order of changes, which are `1732600000000-0`: milliseconds and a number. */
export class InvalidChangeId extends Error {
  override name = "InvalidChangeId";
  constructor(readonly id: string) {
    super(`${JSON.stringify(id)} is no id of a change, such as "1732600000000-0"`);
  }
}

/**
 * `gone`: there is no such object. `away`: nobody answers properly; later it may be another thing.
 * `refused`: the depot does not take this one request. `settings`: it cannot work before somebody
 * changes the setting.
 */
type DepotErrorKind = "gone" | "away" | "refused" | "settings";

/** What a depot did not do. The message begins with the setting that it is about. */
export class DepotError extends Error {
  override name = "DepotError";
  /**
   * @param setting key below `cache.depot`: `url`
   * @param reason the rest of the sentence, without secrets
   */
  constructor(
    readonly kind: DepotErrorKind,
    readonly setting: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`cache.depot.${setting}: ${reason}`, options);
  }
}
