/** What an eviction that somebody asks for would take. */
import type { Index } from "./index.ts";
import { closure } from "./pins.ts";

/** `repository` is `docker/library/alpine`: registry and upstream name. `olderThan`: ms since last use. */
export type Selector =
  | { digest: string }
  | { repository: string; tag?: string | undefined }
  | { olderThan: number }
  | { all: true };

export interface EvictionPlan {
  /** What goes. */
  digests: string[];
  /** Bytes that it frees. */
  bytes: number;
  /** Tags that are forgotten, each counted once whatever clients accept. */
  tags: number;
  /** What was meant too but stays: held by a pin, or being read or fetched right now. */
  pinned: number;
  inUse: number;
}

export interface TagName {
  registry: string;
  repository: string;
  tag: string;
}

/** A plan with what it takes to carry it out. */
export interface DetailedPlan extends EvictionPlan {
  /** Tags to forget that do not go with a digest. */
  tagNames: TagName[];
  /** The repository that is no longer known to hold anything but what pins hold. */
  repository: string | undefined;
}

export interface PlanDeps {
  index: Index;
  pinned: ReadonlySet<string>;
  busy: (digest: string) => boolean;
  now: number;
}

interface Meant {
  /** Digest → bytes. */
  blobs: Map<string, number>;
  tags: (TagName & { digest: string })[];
  repository?: string;
}

/** Works out what evicting `selector` would take; changes nothing. */
export function planEviction(selector: Selector, deps: PlanDeps): DetailedPlan {
  const { index, pinned, busy } = deps;
  index.flush(deps.now);
  const { blobs, tags, repository } = select(selector, index, deps.now);
  const digests: string[] = [];
  const plan = { bytes: 0, pinned: 0, inUse: 0 };
  for (const [digest, size] of blobs) {
    if (pinned.has(digest)) plan.pinned++;
    else if (busy(digest)) plan.inUse++;
    else {
      digests.push(digest);
      plan.bytes += size;
    }
  }
  const tagNames = tags.filter(({ digest }) => !pinned.has(digest));
  return { ...plan, digests, tags: countTags(index, digests, tagNames), tagNames, repository };
}

function select(selector: Selector, index: Index, now: number): Meant {
  if ("digest" in selector) return { blobs: stored(index, [selector.digest]), tags: [] };
  if ("olderThan" in selector) {
    return { blobs: usedBefore(index, now - selector.olderThan), tags: [] };
  }
  if ("all" in selector) return { blobs: usedBefore(index, Number.MAX_SAFE_INTEGER), tags: [] };
  const { repository, tag } = selector;
  const tags = tagsOf(index, repository, tag);
  const roots = new Set(tags.map(({ digest }) => digest));
  if (tag === undefined) {
    for (const digest of membersOf(index, repository)) roots.add(digest);
  }
  const blobs = stored(index, unheld(index, closure(index, roots), repository, tags));
  return tag === undefined ? { blobs, tags, repository } : { blobs, tags };
}

/**
 * Those of `candidates` that nothing else holds once `leaving` are gone: no other repository, no
 * other tag, no stored manifest that stays itself.
 */
function unheld(
  index: Index,
  candidates: Set<string>,
  repository: string,
  leaving: TagName[],
): Set<string> {
  const members = index.db.prepare(
    "SELECT 1 FROM members WHERE digest = ? AND repository <> ? LIMIT 1",
  );
  const tags = index.db.prepare("SELECT registry, repository, tag FROM tags WHERE digest = ?");
  const parents = index.db.prepare(
    "SELECT parent FROM refs WHERE child = ? AND kind <> 'subject' AND parent IN (SELECT digest FROM blobs)",
  );
  const leavingNames = new Set(leaving.map(nameOf));
  const held = (digest: string) =>
    members.get(digest, repository) !== undefined ||
    tags.all(digest).some((row) => !leavingNames.has(nameOf(row as unknown as TagName))) ||
    parents.all(digest).some(({ parent }) => !candidates.has(String(parent)));
  for (let before = -1; before !== candidates.size;) {
    before = candidates.size;
    for (const digest of candidates) if (held(digest)) candidates.delete(digest);
  }
  return candidates;
}

function nameOf({ registry, repository, tag }: TagName): string {
  return `${registry}/${repository}:${tag}`;
}

function stored(index: Index, digests: Iterable<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const digest of digests) {
    const row = index.blob(digest);
    if (row) found.set(digest, row.size);
  }
  return found;
}

function usedBefore(index: Index, time: number): Map<string, number> {
  const rows = index.db.prepare("SELECT digest, size FROM blobs WHERE last_used < ?").all(time);
  return new Map(rows.map(({ digest, size }) => [String(digest), Number(size)]));
}

function membersOf(index: Index, repository: string): string[] {
  return index.db.prepare("SELECT digest FROM members WHERE repository = ?").all(repository)
    .map(({ digest }) => String(digest));
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
  const going = new Set(digests);
  const names = new Set(tagNames.map(nameOf));
  for (const row of index.db.prepare("SELECT * FROM tags").iterate()) {
    if (going.has(String(row.digest))) names.add(nameOf(row as unknown as TagName));
  }
  return names.size;
}
