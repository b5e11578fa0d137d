/** What people do with tags: look at their past, freeze them, let through what waits. */
import type { Cache } from "../../cache/api.ts";
import { parseDigest } from "../../cache/digest.ts";
import type { TagName, TagSighting } from "../../cache/types.ts";
import { heldUntil, type Hold } from "./hold.ts";
import { imageOf, type TrustBook } from "./book.ts";

/** What cannot be done, in words that say what to do instead. */
export class TrustError extends Error {
  override name = "TrustError";

  /** `what`: whether the request makes no sense, or the content is not there for it. */
  constructor(readonly what: "image" | "digest" | "gone", message: string) {
    super(message);
  }
}

/** A digest that a tag has stood for, with what is left of it. */
export interface PastDigest extends TagSighting {
  /** Whether it is what the registry said last. */
  current: boolean;
  /** Whether all that a client needs of it is here. */
  whole: boolean;
  /** Bytes of what it names, of an index as far as its images are here; undefined: not known any more. */
  bytes: number | undefined;
  /** Of an index, as far as is known. */
  platforms: string[];
  /** Until when it waits, in Unix milliseconds; undefined where it does not. */
  heldUntil: number | undefined;
}

export interface TagPast {
  /** `docker/library/alpine:3.20` */
  image: string;
  frozen: string | undefined;
  /** Newest first. */
  digests: PastDigest[];
}

/** Who decides, and when (Unix ms). */
interface Decider {
  by: string;
  at: number;
}

/** `docker/library/alpine:3.20` in its parts. Throws {@linkcode TrustError}. */
export function tagNameOf(image: string): TagName {
  const [, registry, repository, tag] = /^([^/:]+)\/([^:*?]+):(\w[\w.-]{0,127})$/.exec(image) ?? [];
  if (registry && repository && tag) return { registry, repository, tag };
  throw new TrustError("image", `found ${JSON.stringify(image)}, expected REGISTRY/REPOSITORY:TAG`);
}

/** What the tag has stood for, and what it is frozen to. Throws {@linkcode TrustError} for no name. */
export function pastOf(
  { cache, book, hold, now }: {
    cache: Cache;
    book: TrustBook;
    /** The hold of a registry. */
    hold: (registry: string) => Hold | undefined;
    /** Unix milliseconds. */
    now: number;
  },
  image: string,
): TagPast {
  const name = tagNameOf(image);
  const held = hold(name.registry);
  const waits = (digest: string) => {
    const known = cache.known(name.registry, name.repository, digest);
    const until = held ? heldUntil(held, known, now, name.tag) : 0;
    const released = book.isReleased(digest, known.since ?? now, [image]);
    return until === 0 || released ? undefined : until;
  };
  const current = new Set(
    cache.tags(name.registry, name.repository, name.tag).map(({ digest }) => digest),
  );
  const digests = cache.tagHistory(name).map((it) => ({
    ...it,
    current: current.has(it.digest),
    whole: isWhole(cache, it.digest),
    ...contentOf(cache, it.digest),
    heldUntil: waits(it.digest),
  }));
  return { image, frozen: book.frozenTo(image)?.digest, digests };
}

/**
 * Has the tag stand for `digest`, by default for what it stood for last, until that is taken back,
 * and pins that. Throws {@linkcode TrustError}, and what the disk refuses with.
 */
export async function freeze(
  cache: Cache,
  book: TrustBook,
  { image, digest, ...decider }: { image: string; digest?: string | undefined } & Decider,
): Promise<string> {
  const name = tagNameOf(image);
  const chosen = digest ?? cache.tagHistory(name)[0]?.digest;
  if (chosen === undefined) {
    throw new TrustError("gone", `${image} was never seen here; pull it first`);
  }
  if (!parseDigest(chosen)) {
    throw new TrustError(
      "digest",
      `found ${JSON.stringify(chosen)}, expected sha256:<64 hex digits>`,
    );
  }
  if (!isWhole(cache, chosen)) {
    const by = imageOf(name).replace(/:[^:]*$/, `@${chosen}`);
    throw new TrustError("gone", `${chosen} is not in the cache as a whole; pull ${by} first`);
  }
  const before = book.frozenTo(image)?.digest;
  await book.freeze({ image, digest: chosen, ...decider });
  cache.pin(chosen);
  if (before !== undefined && before !== chosen) letGo(cache, book, before);
  return chosen;
}

/** Pins what tags are frozen to: the index, where pins are, may have been made anew since. */
export function pinFrozen(cache: Pick<Cache, "pins" | "pin">, book: TrustBook): void {
  const pins = new Set(cache.pins().map(({ pattern }) => pattern));
  for (const { digest } of book.frozen) if (!pins.has(digest)) cache.pin(digest);
}

/** Has the tag stand for what the registry says again. False where it was not frozen. */
export async function unfreeze(cache: Cache, book: TrustBook, image: string): Promise<boolean> {
  const { digest } = book.frozenTo(image) ?? {};
  if (digest === undefined) return false;
  await book.unfreeze(image);
  letGo(cache, book, digest);
  return true;
}

/**
 * Lets through what waits: `digest` of an image, or everything that is known by now under names that
 * match the glob `image`. Throws {@linkcode TrustError}, and what the disk refuses with.
 */
export async function release(
  cache: Cache,
  book: TrustBook,
  { image, digest, ...decider }: { image: string; digest?: string | undefined } & Decider,
): Promise<void> {
  if (/[*?]/.test(image)) {
    if (digest !== undefined) throw new TrustError("digest", "expected none with a pattern");
    return await book.release({ image, ...decider });
  }
  const name = tagNameOf(image);
  const chosen = digest ?? cache.tagHistory(name)[0]?.digest;
  if (chosen === undefined || !parseDigest(chosen)) {
    const message = chosen === undefined
      ? `${image} was never seen here; there is nothing to let through`
      : `found ${JSON.stringify(chosen)}, expected sha256:<64 hex digits>`;
    throw new TrustError(chosen === undefined ? "gone" : "digest", message);
  }
  await book.release({ image, digest: chosen, ...decider });
}

function contentOf(cache: Cache, digest: string): Pick<PastDigest, "bytes" | "platforms"> {
  const named = cache.references(digest).filter(({ kind }) => kind !== "subject");
  const platforms = named.map(({ platform }) => platform);
  return {
    bytes: named.length > 0 ? named.reduce((sum, { total }) => sum + total, 0) : undefined,
    platforms: platforms.filter((it) => it !== "" && it !== "unknown/unknown"),
  };
}

/** Unpins `digest` unless another tag is frozen to it. */
function letGo(cache: Cache, book: TrustBook, digest: string): void {
  if (!book.frozen.some((it) => it.digest === digest)) cache.unpin(digest);
}

/** Whether all that a client needs is here: of an index, one image at least. */
function isWhole(cache: Cache, digest: string, depth = 0): boolean {
  if (!cache.holds(digest) || depth > 4) return false;
  const content = cache.references(digest).filter(({ kind }) => kind !== "subject");
  const images = content.filter(({ kind }) => kind === "manifest");
  return images.length > 0
    ? images.some((it) => isWhole(cache, it.digest, depth + 1))
    : content.every((it) => cache.holds(it.digest));
}
