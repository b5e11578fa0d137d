/** Which image a word on the command line means: spelled as in pulls, or as the cache lists it. */
import { didYouMean, nearest } from "../base/suggest.ts";
import type { Config } from "../proxy/config/schema.ts";
import { imageTarget } from "../proxy/names/image.ts";
import { registryMap, repositoryKey } from "../proxy/names/target.ts";
import type { CacheControl } from "./cache_socket.ts";
import { UsageError } from "./command_line.ts";
import { nameOf } from "./image_rows.ts";

/** What was asked for is not in the cache. */
export class NotCached extends Error {
  override name = "NotCached";
}

export interface ImageName {
  /** `docker/library/alpine` */
  repository: string;
  /** Every tag where there is none. */
  tag?: string | undefined;
}

/** The most tags that a message lists. */
const SHOWN = 5;

/**
 * The name of `word` in the cache: `quay/org/app:1` with the registry's name, alias or host in front,
 * or `alpine:3.20`, which is the default registry's. Throws `UsageError` for what names no image.
 */
export function imageName(word: string, config: Config): ImageName {
  const { name, tag } = split(word);
  const map = registryMap(config);
  const target = imageTarget(map, name);
  if (target) return { repository: repositoryKey(target), tag };
  throw new UsageError(
    `${word}: expected an image, as [REGISTRY/]REPOSITORY[:TAG] with one of ` +
      map.names.join(", "),
  );
}

/** A tag is what comes after the last colon, unless that is a port. */
function split(word: string): { name: string; tag: string | undefined } {
  const [, name = "", tag] = /^(.*?)(?::(\w[\w.-]*))?$/.exec(word) ?? [];
  return { name, tag };
}

/** As {@linkcode imageName}, of an image that is in the cache; throws {@linkcode NotCached}. */
export async function cachedImage(
  word: string,
  config: Config,
  cache: Pick<CacheControl, "images">,
): Promise<ImageName> {
  // What the cache lists is meant as it stands, also where its registry was taken out of the map.
  const { name, tag } = split(word);
  for (const image of [{ repository: name, tag }, imageName(word, config)]) {
    const rows = name.includes("*") ? [] : await cache.images(nameOf(image));
    if (rows.length > 0) return image;
  }
  throw await notCached(imageName(word, config), cache);
}

/** Says that `image` is not there, and what is that has nearly that name. */
export async function notCached(
  image: ImageName,
  cache: Pick<CacheControl, "images">,
): Promise<NotCached> {
  const said = `no such image is cached: ${nameOf(image)}`;
  const rows = await cache.images();
  const tags = rows.filter(({ repository }) => repository === image.repository)
    .flatMap(({ tag }) => tag ?? []);
  if (tags.length > 0) {
    const hint = didYouMean(image.tag ?? "", tags);
    const rest = tags.length > SHOWN ? ", …" : "";
    return new NotCached(
      said + (hint || `; its cached tags are ${tags.slice(0, SHOWN).join(", ")}${rest}`),
    );
  }
  const byLastPart = new Map(rows.map(({ repository }) => [lastPart(repository), repository]));
  const found = nearest(lastPart(image.repository), byLastPart.keys());
  return new NotCached(found ? `${said}; did you mean ${byLastPart.get(found)}?` : said);
}

function lastPart(repository: string): string {
  return repository.slice(repository.lastIndexOf("/") + 1);
}
