/** What an eviction that somebody asks for would take. */
import type { Index } from "../catalog/catalog.ts";
import type { EvictionPlan, Selector } from "../eviction.ts";
import { closure } from "./pins.ts";

export interface TagName {
  registry: string;
  repository: string;
  tag: string;
}

/** A plan with what it takes to carry it out. */
export interface DetailedPlan extends EvictionPlan {
  /** Tags to forget that do not go with a digest. */
  tagNames: TagName[];
  /** Repositories that are no longer known to hold anything but what pins hold. */
  repositories: string[];
}

export interface PlanDeps {
  index: Index;
  pinned: ReadonlySet<string>;
  busy: (digest: string) => boolean;
  /** As `busy`, but takes a look at the file. */
  inUse: (digest: string) => boolean;
  now: number;
}

interface Meant {
  /** Digest → bytes. */
  blobs: Map<string, number>;
  shared: Map<string, number>;
  tags: (TagName & { digest: string })[];
  repositories: string[];
}

const LARGEST = 10;
/** Among more blobs than this, readers of files are found only when the plan is carried out. */
const CLOSE_LOOK = 1000;

/** Works out what evicting `selector` would take; changes nothing. */
export function planEviction(selector: Selector, deps: PlanDeps): DetailedPlan {
  const { index, pinned, busy, inUse } = deps;
  index.flush(deps.now);
  const { blobs, shared, tags, repositories } = select(flatten(selector, index), index, deps.now);
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
    tags: countTags(index, digests, tagNames),
    tagNames,
    repositories,
  };
}

type Simple = Exclude<Selector, { registry: string } | { any: Selector[] }>;

/** `selector` as a list of those that mean one thing. */
function flatten(selector: Selector, index: Index): Simple[] {
  if ("any" in selector) return selector.any.flatMap((each) => flatten(each, index));
  if ("registry" in selector) {
    return repositoriesOf(index, selector.registry).map((repository) => ({ repository }));
  }
  return [selector];
}

function select(selectors: Simple[], index: Index, now: number): Meant {
  const blobs = new Map<string, number>();
  const images: { repository: string; tag?: string | undefined }[] = [];
  for (const selector of selectors) {
    if ("repository" in selector) images.push(selector);
    else if ("digest" in selector) addAll(blobs, stored(index, [selector.digest]));
    else if ("all" in selector) addAll(blobs, usedBefore(index, Number.MAX_SAFE_INTEGER));
    else addAll(blobs, usedBefore(index, now - selector.olderThan));
  }
  const tags = images.flatMap(({ repository, tag }) => tagsOf(index, repository, tag));
  const roots = new Set(tags.map(({ digest }) => digest));
  const repositories = images.filter(({ tag }) => tag === undefined)
    .map(({ repository }) => repository);
  for (const repository of repositories) {
    for (const digest of membersOf(index, repository)) roots.add(digest);
  }
  const candidates = closure(index, roots);
  const shared = stored(index, candidates);
  const losing = new Set(images.map(({ repository }) => repository));
  const going = unheld(index, candidates, losing, tags);
  for (const [digest, size] of shared) if (going.has(digest)) blobs.set(digest, size);
  for (const digest of blobs.keys()) shared.delete(digest);
  return { blobs, shared, tags, repositories };
}

/**
 * Those of `candidates` that nothing else holds once `leaving` are gone: no repository besides
 * `losing`, no other tag, no stored manifest that stays itself.
 */
function unheld(
  index: Index,
  candidates: Set<string>,
  losing: ReadonlySet<string>,
  leaving: TagName[],
): Set<string> {
  const members = index.db.prepare("SELECT repository FROM members WHERE digest = ?");
  const tags = index.db.prepare("SELECT registry, repository, tag FROM tags WHERE digest = ?");
  const parents = index.db.prepare(
    `SELECT parent FROM refs WHERE child = ? AND kind <> 'subject'
     AND EXISTS (SELECT 1 FROM blobs WHERE digest = parent)`,
  );
  const children = index.db.prepare(
    "SELECT child FROM refs WHERE parent = ? AND kind <> 'subject'",
  );
  const leavingNames = new Set(leaving.map(nameOf));
  const held = (digest: string) =>
    members.all(digest).some(({ repository }) => !losing.has(String(repository))) ||
    tags.all(digest).some((row) => !leavingNames.has(nameOf(row as unknown as TagName))) ||
    parents.all(digest).some(({ parent }) => !candidates.has(String(parent)));
  const open = [...candidates];
  for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
    if (!candidates.has(digest) || !held(digest)) continue;
    candidates.delete(digest);
    // What stays holds what it names.
    for (const { child } of children.all(digest)) open.push(String(child));
  }
  return candidates;
}

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

function stored(index: Index, digests: Iterable<string>): Map<string, number> {
  const size = index.db.prepare("SELECT size FROM blobs WHERE digest = ?");
  const found = new Map<string, number>();
  for (const digest of digests) {
    const row = size.get(digest);
    if (row) found.set(digest, Number(row.size));
  }
  return found;
}

function usedBefore(index: Index, time: number): Map<string, number> {
  // Reading all rows is faster than looking many of them up one by one.
  const rows = index.db.prepare("SELECT digest, size FROM blobs NOT INDEXED WHERE last_used < ?")
    .all(time);
  return new Map(rows.map(({ digest, size }) => [String(digest), Number(size)]));
}

function membersOf(index: Index, repository: string): string[] {
  return index.db.prepare("SELECT digest FROM members WHERE repository = ?").all(repository)
    .map(({ digest }) => String(digest));
}

/** In ASCII `0` follows `/`, so that a registry's repositories are a range. */
function repositoriesOf(index: Index, registry: string): string[] {
  return index.db.prepare(
    `SELECT DISTINCT repository FROM members WHERE repository >= ? || '/' AND repository < ? || '0'
     UNION SELECT DISTINCT registry || '/' || repository FROM tags WHERE registry = ?`,
  ).all(registry, registry, registry).map(({ repository }) => String(repository));
}

function tagsOf(index: Index, repository: string, tag?: string): (TagName & { digest: string })[] {
  const slash = repository.indexOf("/");
  const rows = index.db.prepare(
    `SELECT registry, repository, tag, digest FROM tags
     WHERE registry = ? AND repository = ? AND (? IS NULL OR tag = ?)`,
  ).all(repository.slice(0, slash), repository.slice(slash + 1), tag ?? null, tag ?? null);
  return rows.map((row) => ({
    registry: String(row.registry),
    repository: String(row.repository),
    tag: String(row.tag),
    digest: String(row.digest),
  }));
}

/** Different tags that point to `digests` or are in `tagNames`. */
function countTags(index: Index, digests: string[], tagNames: TagName[]): number {
  const names = new Set(tagNames.map(nameOf));
  const rows = index.db.prepare(
    `SELECT DISTINCT registry, repository, tag FROM tags
     WHERE digest IN (SELECT value FROM json_each(?))`,
  ).iterate(JSON.stringify(digests));
  for (const row of rows) names.add(nameOf(row as unknown as TagName));
  return names.size;
}
