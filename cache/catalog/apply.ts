/** Changes that another cache has told of, in the order that all of them share. */
import type { Change, StoredObject, Use } from "../change.ts";
import type { Reference } from "../manifest.ts";
import type { ImageUses } from "./image_uses.ts";
import type { Names } from "./names.ts";
import type { TagHistory } from "./tag_history.ts";

/** What is known of a depot, where there is one. */
export interface DepotBooks {
  add(object: StoredObject): void;
  remove(digests: Iterable<string>): void;
  used(digest: string, at: number): void;
  /** Forgets every object, since others are to take their place. */
  forget(): void;
  /** Memory may hold what was rolled back. */
  recount(): void;
}

/** What changes are made with, times in Unix milliseconds. */
interface Changeable {
  names: Names;
  history: Pick<TagHistory, "saw">;
  depot: DepotBooks | undefined;
  images: Pick<ImageUses, "learn">;
  addUses(use: Use): void;
  noteReferences(digest: string, references: readonly Reference[]): void;
}

/**
 * Makes `change`, told of at `time` (Unix ms), in `catalog`. Content that is here stays, whatever
 * went elsewhere. A kind that only a newer version knows is skipped.
 */
export function applyChange(catalog: Changeable, change: Change, time: number): void {
  const { names, depot } = catalog;
  switch (change.kind) {
    case "tag": {
      const { key, row, again } = change;
      if (again && (names.tag(key)?.checkedAt ?? 0) > row.checkedAt) return;
      return names.setTag(key, row);
    }
    case "untag": {
      const { registry, repository, tag } = change.name;
      return names.deleteTag(registry, repository, tag);
    }
    case "link":
      return names.link(change.repository, change.digest, time);
    case "unlink":
      return names.unlink(change.repository, change.digest);
    case "gone":
      return change.digests.forEach((digest) => names.removeHolders(digest));
    case "used":
      return change.uses.forEach((use) => {
        catalog.addUses(use);
        depot?.used(use[0], use[1]);
      });
    case "asked":
      return change.uses.forEach((use) => catalog.images.learn(use, change.all));
    case "seen":
      return change.rows.forEach(([key, row, first]) => catalog.history.saw(key, row, first));
    case "pin":
      if (change.on) names.pin(change.pattern, time);
      else names.unpin(change.pattern);
      return;
    case "stored":
      if (!depot) return;
      depot.add(change.object);
      return catalog.noteReferences(change.object.digest, change.references);
    case "unstored":
      return depot?.remove(change.digests);
  }
}
