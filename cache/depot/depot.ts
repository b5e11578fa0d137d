/**
 * A depot: a large store that outlives this disk and may be shared, such as a bucket. To the cache it
 * is another upstream that has bytes by digest: nothing that comes from it is believed unverified.
 * Every kind passes the suite in `tests/cache/depot/depot_suite.ts`.
 */
import type { BlobFile } from "../blobs/store.ts";
import { requireDigest } from "../digest.ts";
import type { Source } from "../types.ts";

export interface Depot {
  /**
   * Finds out whether this is a depot, and makes one of an empty place. Returns what tells it from
   * every other one, forever the same. Throws {@linkcode DepotError}.
   */
  open(signal: AbortSignal): Promise<string>;
  /** The object as a source. Throws {@linkcode DepotError}, of kind `gone` where there is none. */
  source(digest: string): Source;
  /**
   * Stores what `open` opens, of which nobody sees a part. Overwrites what is there already. Throws
   * {@linkcode DepotError}, also where the store finds that the bytes are not those of the digest.
   */
  put(object: NewObject, open: () => Promise<BlobFile>, signal: AbortSignal): Promise<void>;
  /** What is there; `undefined` where it is not. Throws {@linkcode DepotError}. */
  stat(digest: string, signal: AbortSignal): Promise<ObjectStat | undefined>;
  /** Removes objects, any number of them; those that are not there are no error. */
  remove(digests: readonly string[], signal: AbortSignal): Promise<void>;
  /** Every object, in the order of digests, those after `after`. */
  list(signal: AbortSignal, after?: string): AsyncIterable<ListedObject>;
  /**
   * A URL by which whoever has it may read the object for {@linkcode LINK_LIFE} from when it was
   * made, the same one for {@linkcode LINK_KEPT}; only where the depot gives out any. Whether there is
   * such an object it does not say. Throws {@linkcode DepotError}.
   */
  link?(digest: string): Promise<string>;
  /** Keeps `rows`, which are no object, in place of those kept before. Throws {@linkcode DepotError}. */
  writeRows(rows: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void>;
  /** The rows kept last; `undefined` where there are none. Throws {@linkcode DepotError}. */
  readRows(signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined>;
}

export interface NewObject {
  digest: string;
  size: number;
  /** Empty where nobody has said. */
  mediaType: string;
}

export interface ObjectStat {
  size: number;
  /** Empty where it was stored without. */
  mediaType: string;
  /** Unix milliseconds at which it was stored. */
  created: number;
}

/** A listing does not say media types. */
export interface ListedObject {
  digest: string;
  size: number;
  created: number;
}

/** Milliseconds for which a link is good, and for which there is no other one: caches see one URL. */
export const LINK_LIFE = 15 * 60e3;
export const LINK_KEPT = LINK_LIFE / 3;

/** Where blobs lie below the depot's place. */
export const BLOBS = "v1/blobs/";
/** Where the rows lie that several Berths have in common. */
export const ROWS = "v1/index/rows.jsonl.gz";

/** `v1/blobs/sha256/ab/abcd…` */
export function placeOf(digest: string): string {
  const { algorithm, hex } = requireDigest(digest);
  return `${BLOBS}${algorithm}/${hex.slice(0, 2)}/${hex}`;
}

/** The digest of a {@linkcode placeOf}, whatever stands before it; `undefined` for anything else. */
export function digestAt(place: string): string | undefined {
  const [, algorithm, start, hex] =
    /v1\/blobs\/(sha256|sha512)\/([0-9a-f]{2})\/([0-9a-f]+)$/.exec(place) ?? [];
  const length = algorithm === "sha512" ? 128 : 64;
  return hex?.length === length && hex.startsWith(start!) ? `${algorithm}:${hex}` : undefined;
}
