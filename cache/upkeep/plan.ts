/** What an eviction that somebody asks for would take. */
import type { Catalog } from "../catalog/catalog.ts";
import type { EvictionPlan, Selector } from "../eviction.ts";
import {
  closure,
  holdersIn,
  membersOf,
  repositoriesOf,
  type Tagged,
  tagsIn,
  tagsOn,
} from "../catalog/relations.ts";
import { sizesOf, usedBefore } from "../catalog/use.ts";
import type { TagName } from "../types.ts";

/** A plan with what it takes to carry it out. */
export interface DetailedPlan extends EvictionPlan {
  /** Tags to forget that do not go with a digest. */
  tagNames: TagName[];
  /** Repositories that are no longer known to hold anything but what pins hold. */
  repositories: string[];
  /** What is meant too and is not on the disk. */
  elsewhere: string[];
}

interface PlanDeps {
  catalog: Catalog;
  pinned: ReadonlySet<string>;
  busy: (digest: string) => boolean;
  /** As `busy`, but takes a look at the file. */
  inUse: (digest: string) => boolean;
  now: number;
}

interface Selected {
  /** Digest → bytes. */
  blobs: Map<string, number>;
  shared: Map<string, number>;
  tags: Tagged[];
  repositories: string[];
  elsewhere: string[];
}

const LARGEST = 10;
/** Among more blobs than this, readers of files are found only when the plan is carried out. */
const CLOSE_LOOK = 1000;

/** Works out what evicting `selector` would take; changes nothing. */
export function planEviction(selector: Selector, deps: PlanDeps): DetailedPlan {
  const { catalog, pinned, busy, inUse } = deps;
  catalog.flush(deps.now);
  const selected = select(flatten(selector, catalog), catalog, deps.now);
  const { blobs, shared, tags, repositories } = selected;
  const going = new Map<string, number>();
  const plan = { bytes: 0, pinned: 0, pinnedBytes: 0, inUse: 0 };
  for (const [digest, size] of blobs) {
    if (pinned.has(digest)) {
      plan.pinned++;
      plan.pinnedBytes += size;
    } else if (busy(digest) || (blobs.size <= CLOSE_LOOK && inUse(digest))) plan.inUse++;
    else {
      going.set(digest, size);
      plan.bytes += size;
    }
  }
  const digests = [...going.keys()];
  const tagNames = tags.filter(({ digest }) => !pinned.has(digest));
  return {
    ...plan,
    digests,
    largest: largestOf(going),
    shared: shared.size,
    sharedBytes: shared.values().reduce((sum, size) => sum + size, 0),
    tags: countTags(catalog, digests, tagNames),
    tagNames,
    repositories,
    elsewhere: selected.elsewhere.filter((digest) => !pinned.has(digest) && !busy(digest)),
  };
}

type Simple = Exclude<Selector, { registry: string } | { any: Selector[] }>;

/** `selector` as a list of those that mean one thing. */
function flatten(selector: Selector, catalog: Catalog): Simple[] {
  if ("any" in selector) return selector.any.flatMap((each) => flatten(each, catalog));
  if ("registry" in selector) {
    return repositoriesOf(catalog, selector.registry).map((repository) => ({ repository }));
  }
  return [selector];
}

function select(selectors: Simple[], catalog: Catalog, now: number): Selected {
  const blobs = new Map<string, number>();
  const images: { repository: string; tag?: string | undefined }[] = [];
  const digests: string[] = [];
  for (const selector of selectors) {
    if ("repository" in selector) images.push(selector);
    else if ("digest" in selector) digests.push(selector.digest);
    else if ("all" in selector) addAll(blobs, usedBefore(catalog, Number.MAX_SAFE_INTEGER));
    else addAll(blobs, usedBefore(catalog, now - selector.olderThan));
  }
  addAll(blobs, sizesOf(catalog, digests));
  const tags = images.flatMap(({ repository, tag }) => tagsIn(catalog, repository, tag));
  const roots = new Set(tags.map(({ digest }) => digest));
  const repositories = images.filter(({ tag }) => tag === undefined)
    .map(({ repository }) => repository);
  for (const repository of repositories) {
    for (const digest of membersOf(catalog, repository)) roots.add(digest);
  }
  const candidates = closure(catalog, roots);
  const shared = sizesOf(catalog, candidates);
  const losing = new Set(images.map(({ repository }) => repository));
  const going = unheld(catalog, candidates, losing, tags);
  for (const [digest, size] of shared) if (going.has(digest)) blobs.set(digest, size);
  for (const digest of blobs.keys()) shared.delete(digest);
  const elsewhere = [...digests, ...going].filter((digest) => !blobs.has(digest));
  return { blobs, shared, tags, repositories, elsewhere };
}

/**
 * Those of `candidates` that nothing else holds once `leaving` are gone: no repository besides
 * `losing`, no other tag, no stored manifest that stays itself.
 */
function unheld(
  catalog: Catalog,
  candidates: Set<string>,
  losing: ReadonlySet<string>,
  leaving: TagName[],
): Set<string> {
  const holders = holdersIn(catalog);
  const leavingNames = new Set(leaving.map(nameOf));
  const held = (digest: string) =>
    holders.repositories(digest).some((repository) => !losing.has(repository)) ||
    holders.tags(digest).some((tag) => !leavingNames.has(nameOf(tag))) ||
    holders.parents(digest).some((parent) => !candidates.has(parent));
  const open = [...candidates];
  for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
    if (!candidates.has(digest) || !held(digest)) continue;
    candidates.delete(digest);
    // What stays holds what it names.
    open.push(...holders.children(digest));
  }
  return candidates;
}

/** As one string, for sets. */
function nameOf({ registry, repository, tag }: TagName): string {
  return `${registry}/${repository}:${tag}`;
}

function addAll(all: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [digest, size] of more) all.set(digest, size);
}

function largestOf(blobs: ReadonlyMap<string, number>): { digest: string; size: number }[] {
  return [...blobs].sort(([, a], [, b]) => b - a).slice(0, LARGEST)
    .map(([digest, size]) => ({ digest, size }));
}

/** Different tags that point to `digests` or are in `tagNames`. */
function countTags(catalog: Catalog, digests: string[], tagNames: TagName[]): number {
  const names = new Set(tagNames.map(nameOf));
  for (const tag of tagsOn(catalog, digests)) names.add(nameOf(tag));
  return names.size;
}
