/** Images as people write them, outside of a request. Pure. */
import { OciError } from "../oci/errors.ts";
import { type RegistryMap, route, type Target } from "./target.ts";

/**
 * The repository that `name` means: `quay/org/app` with a registry's name, alias or host in front, or
 * `alpine`, which is the default registry's. `undefined` where it names none.
 */
export function imageTarget(map: RegistryMap, name: string): Target | undefined {
  const slash = name.indexOf("/");
  const registry = slash > 0 ? map.findInName(name.slice(0, slash)) : undefined;
  const ask = registry ? { registry: registry.name, name: name.slice(slash + 1) } : { name };
  try {
    const target = route(map, { host: "", ns: [], prefix: "", ...ask });
    return target.repository === "" ? undefined : target;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return undefined;
  }
}
