/** Changes that another cache has told of, in the order that all of them share. */
import type { Change, Use } from "../change.ts";
import { InvalidChangeId } from "../errors.ts";
import type { TagKey, TagRow } from "../types.ts";

/**
 * A place in the order of changes: Unix milliseconds, and a number within the millisecond. These are
 * the ids of Redis streams, <https://redis.io/docs/latest/develop/data-types/streams/>.
 */
export interface ChangeId {
  ms: number;
  seq: number;
}

/** Reads `1732600000000-0`. Throws {@linkcode InvalidChangeId}. */
export function parseChangeId(id: string): ChangeId {
  const [, ms, seq] = /^(\d{1,16})-(\d{1,16})$/.exec(id) ?? [];
  const parsed = { ms: Number(ms), seq: Number(seq) };
  if (!Number.isSafeInteger(parsed.ms) || !Number.isSafeInteger(parsed.seq)) {
    throw new InvalidChangeId(id);
  }
  return parsed;
}

/** Whether `id` comes after `other`. */
export function isLater(id: ChangeId, other: ChangeId): boolean {
  return id.ms > other.ms || (id.ms === other.ms && id.seq > other.seq);
}

/** What changes are made with: the catalog's own verbs, times in Unix milliseconds. */
interface Changeable {
  setTag(key: TagKey, row: TagRow): void;
  deleteTag(registry: string, repository: string, tag: string): void;
  link(repository: string, digest: string, now: number): void;
  unlink(repository: string, digest: string): void;
  removeHolders(digest: string): void;
  addUses(use: Use): void;
  pin(pattern: string, now: number): void;
  unpin(pattern: string): boolean;
}

/**
 * Makes `change`, told of at `time` (Unix ms), in `catalog`. Content that is here stays, whatever
 * went elsewhere. A kind that only a newer version knows is skipped.
 */
export function applyChange(catalog: Changeable, change: Change, time: number): void {
  switch (change.kind) {
    case "tag":
      return catalog.setTag(change.key, change.row);
    case "untag": {
      const { registry, repository, tag } = change.name;
      return catalog.deleteTag(registry, repository, tag);
    }
    case "link":
      return catalog.link(change.repository, change.digest, time);
    case "unlink":
      return catalog.unlink(change.repository, change.digest);
    case "gone":
      return change.digests.forEach((digest) => catalog.removeHolders(digest));
    case "used":
      return change.uses.forEach((use) => catalog.addUses(use));
    case "pin":
      if (change.on) catalog.pin(change.pattern, time);
      else catalog.unpin(change.pattern);
  }
}
