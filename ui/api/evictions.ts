/** Selections of the API as the cache knows them, and what evicting them takes. */
import type { Cache } from "../../cache/api.ts";
import type { Selector } from "../../cache/eviction.ts";
import { ApiProblem } from "./problem.ts";
import type { Evicted, EvictionPlan, ImageName, PinRequest, Selection } from "./schema/cache.ts";

/** Repositories named in a plan; how many there are is told beside. */
const SHOWN_REPOSITORIES = 50;
const MAX_TAGS = 1000;

/** The cache's word for `selection`; what is left out of it selects nothing. */
export function selectorOf(
  { digests = [], images = [], registries = [], unusedForMs }: Selection,
): Selector {
  const any: Selector[] = [
    ...digests.map((digest) => ({ digest })),
    ...images.map((image) => ({ repository: keyOf(image), tag: image.tag })),
    ...registries.map((registry) => ({ registry })),
  ];
  if (unusedForMs === 0) any.push({ all: true });
  else if (unusedForMs !== undefined) any.push({ olderThan: unusedForMs });
  return { any };
}

/** What evicting `selector` would take. Changes nothing. */
export function planView(cache: Cache, selector: Selector, pinned: boolean): EvictionPlan {
  const plan = cache.plan(selector, { pinned });
  const repositories = cache.holders(plan.digests);
  return {
    digests: plan.digests.length,
    bytes: plan.bytes,
    tags: plan.tags,
    pinnedDigests: plan.pinned,
    pinnedBytes: plan.pinnedBytes,
    sharedDigests: plan.shared,
    sharedBytes: plan.sharedBytes,
    inUseDigests: plan.inUse,
    largest: plan.largest.map(({ digest, size }) => {
      const [blob] = cache.list({ digestPrefix: digest, limit: 1 }).items;
      const repository = blob?.repositories[0] ?? "";
      return { digest, size, mediaType: blob?.mediaType ?? "", repository };
    }),
    repositories: repositories.slice(0, SHOWN_REPOSITORIES),
    repositoryCount: repositories.length,
  };
}

/** Evicts what `selector` means, and says what that was. */
export async function evict(cache: Cache, selector: Selector, pinned: boolean): Promise<Evicted> {
  const { digests, bytes, tags } = await cache.evict(selector, { pinned });
  return { digests: digests.length, bytes, tags };
}

/**
 * Pins or unpins, and says how many digests that holds or lets go. Throws a 409 where nothing could
 * be unpinned, since the configuration or a wider pin holds it.
 */
export function setPins(
  cache: Cache,
  { digests = [], images = [], pinned }: PinRequest,
): number {
  const held = () => cache.list({ pinned: true, limit: 0 }).total;
  const before = held();
  if (pinned) {
    for (const pattern of [...digests, ...images.map(patternOf)]) cache.pin(pattern);
    return held() - before;
  }
  for (const pattern of [...digests, ...images.flatMap((image) => ownPins(cache, image))]) {
    cache.unpin(pattern);
  }
  const after = held();
  const stays = digests.some((digest) => cache.stat(digest)?.pinned) ||
    images.some((image) => isPinned(cache, image));
  if (after === before && stays) throw stillPinned(cache);
  return before - after;
}

function isPinned(cache: Cache, image: ImageName): boolean {
  return cache.listTags(keyOf(image), { limit: MAX_TAGS }).items
    .some(({ tag, pinned }) => pinned && (image.tag === undefined || image.tag === tag));
}

function keyOf({ registry, repository }: ImageName): string {
  return `${registry}/${repository}`;
}

function patternOf(image: ImageName): string {
  return `${keyOf(image)}:${image.tag ?? "*"}`;
}

/** The pin of a tag; all of a repository's own where no tag is named. */
function ownPins(cache: Cache, image: ImageName): string[] {
  if (image.tag !== undefined) return [patternOf(image)];
  return cache.pins().map(({ pattern }) => pattern)
    .filter((pattern) => pattern.startsWith(`${keyOf(image)}:`));
}

function stillPinned(cache: Cache): ApiProblem {
  const pins = cache.pins();
  const configured = pins.filter((pin) => pin.configured).map(({ pattern }) => pattern);
  const detail = configured.length > 0
    ? `Pinned by cache.pin in the configuration (${configured.join(", ")}); change it there.`
    : `Covered by wider pins: ${pins.map(({ pattern }) => pattern).join(", ")}.`;
  return new ApiProblem(409, "Still pinned", { type: "still-pinned", detail });
}
