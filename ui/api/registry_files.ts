/** Files that a registry's settings name: Berth reads them, and sends what they hold. */
import type { Identity } from "./identity.ts";
import { formatKey, isTree, type Path } from "../../proxy/config/path.ts";
import { ApiProblem } from "./problem.ts";
import type { RegistrySettings } from "./schema/registries.ts";

/** Settings that are about to be tried or kept; null: none, the registry goes. */
export interface Change {
  name: string;
  settings: RegistrySettings | null;
}

/**
 * Throws a 403 where `settings` name a file that the registry does not name in the same place as it
 * is, unless `identity` may do everything: whoever sets the URL too would be sent that file.
 */
export function checkFiles(
  identity: Identity,
  { name, settings }: Change,
  registries: Readonly<Record<string, unknown>>,
): void {
  if (identity.rights.includes("admin")) return;
  const before = new Map(filesIn(Object.hasOwn(registries, name) && registries[name]));
  const [added] = filesIn(settings).find(([key, file]) => before.get(key) !== file) ?? [];
  if (added === undefined) return;
  throw new ApiProblem(403, 'Requires the right "admin"', {
    type: "not-allowed",
    detail: `${added}: only admins may name files that Berth reads.`,
    fields: [{
      path: added,
      message: "expected the current value; only an admin may name another file",
    }],
  });
}

/** Keys and files of `value`, those that are empty left out. */
function filesIn(value: unknown, path: Path = []): [key: string, file: string][] {
  if (isTree(value)) return Object.entries(value).flatMap(([k, v]) => filesIn(v, [...path, k]));
  const names = /_file$|^docker_config$/.test(String(path.at(-1)));
  return names && typeof value === "string" && value !== "" ? [[formatKey(path), value]] : [];
}
