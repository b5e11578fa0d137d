/** What a cache has in common with others: its rows, and what is evicted by hand. */
import type { Catalog } from "./catalog/catalog.ts";
import { sharedRows } from "./catalog/shared.ts";
import type { SharedRows } from "./change.ts";
import type { Evictor } from "./upkeep/evict.ts";

/** The rows of `catalog` as others have them, too; what these want to be gone goes from this disk. */
export function shareRows(
  catalog: Catalog,
  evictor: Evictor,
  failed: (error: unknown) => void,
): SharedRows {
  const apply: SharedRows["apply"] = (changes, id, own = false) => {
    const told = own ? changes.filter(({ kind }) => kind !== "used" && kind !== "asked") : changes;
    const evictions = own
      ? []
      : told.flatMap((change) =>
        change.kind === "evict" ? [evictor.planned(change.selector, { pinned: change.pinned })] : []
      );
    if (catalog.apply(told, id)) evictions.forEach((evict) => evict().catch(failed));
  };
  return Object.assign(sharedRows(catalog), { apply });
}
