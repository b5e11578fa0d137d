/**
 * A depot: a large store that outlives this disk and may be shared, such as a bucket. To the cache it
 * is another upstream that has bytes by digest: nothing that comes from it is believed unverified.
 * Every kind passes the suite in `tests/cache/depot/depot_suite.ts`.
 */
import type { BlobFile } from "../blobs/store.ts";
import { requireDigest } from "../digest.ts";
import { DepotError } from "../errors.ts";
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

/** Where blobs lie below the depot's place. */
export const BLOBS = "v1/blobs/";

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

/** Name of the object that makes a place a depot. */
export const MARKER = "berth-depot.json";

const VERSION = 1;

/** The content of a new {@linkcode MARKER}. */
export function newMarker(): string {
  return JSON.stringify({ "berth-depot": VERSION, id: crypto.randomUUID() }) + "\n";
}

/** The id in a marker. Throws {@linkcode DepotError} for one of another program or a newer version. */
export function markerId(text: string): string {
  let marker: unknown;
  try {
    marker = JSON.parse(text);
  } catch {
    marker = undefined;
  }
  const { "berth-depot": version, id } = (marker ?? {}) as Record<string, unknown>;
  if (version !== VERSION || typeof id !== "string") {
    const reason = `its ${MARKER} is not one that this version of Berth writes`;
    throw new DepotError("settings", "url", reason);
  }
  return id;
}

/** The error of a place that holds things and no marker. `empty`: what would do instead. */
export function notOurs(place: string, empty: string): DepotError {
  const reason = `${place} holds other things and no ${MARKER}; name an empty place, ` +
    `such as ${empty}`;
  return new DepotError("settings", "url", reason);
}
