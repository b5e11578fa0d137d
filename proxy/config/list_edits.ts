/** One item more in a list of the file: a pin, a host that may be reached. */
import type { Edit } from "./edit/edit.ts";
import type { LoadedConfig } from "./load.ts";
import { getIn, type Path } from "./path.ts";

/** Edits after which the list at `path` holds `item`; none when it already does. */
export function addItem({ config }: LoadedConfig, path: Path, item: string): Edit[] {
  const items = listAt(config, path);
  return items.includes(item) ? [] : [{ path, value: [...items, item] }];
}

function listAt(config: unknown, path: Path): readonly unknown[] {
  const value = getIn(config, path);
  return Array.isArray(value) ? value : [];
}
