/** Content and names on their way between a cache and a bundle. */
import type { Cache } from "../../cache/api.ts";
import { DigestMismatch } from "../../cache/errors.ts";
import type { Source } from "../../cache/types.ts";
import { TAG_KIND } from "../../proxy/ahead/asker.ts";
import { BundleProblem } from "./problem.ts";

/** Content that a cache is to take over. */
export interface Arriving {
  digest: string;
  /** Bytes. */
  size: number;
  mediaType: string;
}

/** An image whose content is all there, and is to have its name. */
export interface Named {
  registry: string;
  /** As upstream names it: `library/nginx`. */
  repository: string;
  /** Empty where it is known by its digest alone. */
  tag: string;
  digest: string;
  mediaType: string;
  size: number;
  /** Digests of all that belongs to it. */
  holds: readonly string[];
}

/** `docker/library/nginx:1.27`, or with `@` and a digest. */
export function nameOfNamed({ registry, repository, tag, digest }: Named): string {
  return `${registry}/${repository}${tag === "" ? `@${digest}` : `:${tag}`}`;
}

export interface Transfer {
  /** Content that is here; `undefined` where it is not. */
  content(digest: string): Promise<ReadableStream<Uint8Array> | undefined>;
  /** Of `digests`, those that are not stored. */
  missing(digests: readonly string[]): Promise<string[]>;
  /**
   * Stores what `open` gives from any byte on, once it was compared with its digest; what was broken off
   * is gone on with. Throws {@linkcode BundleProblem}, which names the digest.
   */
  take(blob: Arriving, open: (from: number) => ReadableStream<Uint8Array>): Promise<void>;
  /**
   * Gives the images their names and pins them, all or none: the result is what is missing, where
   * something is. `checkedAt` is when their tags stood for them (Unix milliseconds).
   */
  settle(images: readonly Named[], checkedAt: number): Promise<string[]>;
}

/** What a cache of this process takes and gives. `settled` is told of images that got their names. */
export function transferWith(
  cache: Cache,
  settled: (images: readonly Named[]) => void = () => {},
): Transfer {
  return {
    async content(digest) {
      const content = await cache.open(digest);
      return content && streamOf(content.body);
    },
    missing: (digests) => Promise.resolve(missingIn(cache, digests)),
    take: (blob, open) =>
      takeFrom(
        cache,
        blob,
        (from) => Promise.resolve({ offset: from, total: blob.size, body: open(from) }),
      ),
    settle(images, checkedAt) {
      const missing = settle(cache, images, checkedAt);
      if (missing.length === 0) settled(images);
      return Promise.resolve(missing);
    },
  };
}

function missingIn(cache: Cache, digests: readonly string[]): string[] {
  return [...new Set(digests)].filter((digest) => !cache.look(digest, "").stored);
}

/** As {@linkcode Transfer.take}, by way of `source`. */
export async function takeFrom(
  cache: Cache,
  { digest, mediaType }: Arriving,
  source: Source,
): Promise<void> {
  if (cache.look(digest, "").stored) return;
  const stored = Promise.withResolvers<void>();
  stored.promise.catch(() => {});
  /** Why the disk did not take it, which explains what comes of that. */
  let refused: unknown;
  const off = cache.onEvent((event) => {
    if (!("digest" in event) || event.digest !== digest) return;
    if (event.kind === "fill-end") stored.resolve();
    if (event.kind === "not-stored") refused = event.error;
    if (event.kind === "not-stored" || event.kind === "fill-failed") stored.reject(event.error);
  });
  try {
    const { body } = await cache.fill(digest, source, {
      ...{ mediaType, keepInMemory: false, label: "bundle" },
    });
    for await (const _ of streamOf(body));
    await stored.promise;
  } catch (error) {
    const why = refused ?? error;
    throw new BundleProblem(
      why instanceof DigestMismatch
        ? `${digest} was altered: what the bundle has is ${why.actual}`
        : `${digest} could not be stored: ${why instanceof Error ? why.message : why}`,
      { cause: why },
    );
  } finally {
    off();
  }
}

/** Nothing else happens meanwhile: whoever asks finds all of it, or none. */
function settle(cache: Cache, images: readonly Named[], checkedAt: number): string[] {
  const missing = missingIn(cache, images.flatMap(({ holds }) => holds));
  if (missing.length > 0) return missing;
  for (const { registry, repository, holds } of images) {
    for (const digest of holds) cache.link(`${registry}/${repository}`, digest);
  }
  for (const image of images) {
    const { registry, repository, tag, digest, mediaType, size } = image;
    if (tag === "") {
      cache.pin(digest);
      continue;
    }
    cache.pin(nameOfNamed(image));
    const key = { registry, repository, tag, accept: TAG_KIND };
    cache.setTag(key, { digest, mediaType, size, checkedAt, by: "bundle" });
  }
  return [];
}

function streamOf(body: ReadableStream<Uint8Array> | Uint8Array): ReadableStream<Uint8Array> {
  return body instanceof ReadableStream ? body : ReadableStream.from([body]);
}
