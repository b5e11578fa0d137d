/** Changes of the registry map as edits of the file. */
import type { Edit } from "./edit/edit.ts";
import type { LoadedConfig } from "./load.ts";
import { keyInfo } from "./options.ts";
import { formatKey, getIn, isTree, leaves, type Path, type Tree } from "./path.ts";
import { BUILT_IN_REGISTRIES } from "./registries.ts";
import { type RegistryInput, registrySchema } from "./schema.ts";
import { isSecret } from "./secrets.ts";
import { parseDuration } from "../../base/units.ts";

/** Settings of a registry as a form sends them: every key may be left out. */
type RegistryPatch = { [Key in keyof RegistryInput]?: unknown };

const DEFAULTS = registrySchema.parse({ url: "https://registry.example" });

/**
 * Edits after which the file says `settings` of the registry `name`, new or known: what is left out
 * goes back to its default, except for secrets, which are kept unless they are set to `""`. What
 * does not change is not touched.
 */
export function setRegistry(
  loaded: LoadedConfig,
  name: string,
  settings: RegistryPatch,
): Edit[] {
  const given = patchRegistry(loaded, name, settings);
  const stated = new Set(
    [...leaves(settings as Tree)]
      .filter(({ path, value }) => !isSection(path, value))
      .map(({ path }) => formatKey(path)),
  );
  const left = registryLeaves(loaded, name).filter((path) =>
    isEditable(loaded, path) &&
    !isSecret(path) && !stated.has(formatKey(path.slice(2)))
  );
  return [...left.map((path) => ({ path, value: undefined })), ...given];
}

/**
 * Edits that change the keys of `patch` and no others; `null` and `""` for a secret take a key away.
 */
export function patchRegistry(
  loaded: LoadedConfig,
  name: string,
  patch: RegistryPatch,
): Edit[] {
  const base = ["registries", name];
  const current = registryOf(loaded, name);
  const edits: Edit[] = [];
  for (const { path, value } of leaves(patch as Tree)) {
    if (value === undefined || isSection(path, value)) continue;
    const full = [...base, ...path];
    const wanted = value === null || (isSecret(full) && value === "") ? undefined : value;
    const now = getIn(current, path);
    const fallback = getIn(DEFAULTS, path);
    const builtIn = getIn(BUILT_IN_REGISTRIES[name], path);
    if (current && wanted !== undefined && same(full, wanted, now)) continue;
    if (!current && wanted !== undefined && same(full, wanted, fallback)) continue;
    const isDefault = wanted === undefined || same(full, wanted, fallback);
    edits.push({ path: full, value: isDefault && builtIn === undefined ? undefined : wanted });
  }
  return edits;
}

/** Edits that take `name` out of the map: a built-in registry is turned off. */
export function removeRegistry(loaded: LoadedConfig, name: string): Edit[] {
  const path = ["registries", name];
  const known = registryLeaves(loaded, name).some((leaf) => isEditable(loaded, leaf));
  const edits: Edit[] = known || !isBuiltIn(name) ? [{ path, value: undefined }] : [];
  if (isBuiltIn(name)) edits.push({ path: [...path, "enabled"], value: false });
  return edits;
}

/** Whether Berth knows `name` without being told. */
function isBuiltIn(name: string): boolean {
  return Object.hasOwn(BUILT_IN_REGISTRIES, name);
}

/** Whether the configuration file, or the overlay above it, says what stands at `path`. */
function isEditable({ sources }: LoadedConfig, path: Path): boolean {
  const kind = sources.get(formatKey(path))?.kind;
  return kind === "file" || kind === "overlay";
}

function registryOf(loaded: LoadedConfig, name: string) {
  const { registries } = loaded.config;
  if (Object.hasOwn(registries, name)) return registries[name];
  return Object.hasOwn(loaded.disabled, name) ? loaded.disabled[name] : undefined;
}

function registryLeaves(loaded: LoadedConfig, name: string): Path[] {
  const registry = registryOf(loaded, name);
  if (!registry) return [];
  return [...leaves(registry as unknown as Tree)].map(({ path }) => ["registries", name, ...path]);
}

/** An empty mapping that stands for a section with nothing said in it; `ecr: {}` says something. */
function isSection(path: Path, value: unknown): boolean {
  return isTree(value) && path.at(-1) !== "ecr";
}

/** Whether `input`, as a file says it, is the effective `value` of the key at `path`. */
function same(path: Path, input: unknown, value: unknown): boolean {
  if (keyInfo(path)?.kind === "duration") return parseDuration(String(input)) === value;
  if (Array.isArray(input) && Array.isArray(value)) {
    return input.length === value.length &&
      input.every((item, index) => same([...path, index], item, value[index]));
  }
  if (isTree(input) && isTree(value)) {
    const keys = new Set([...Object.keys(input), ...Object.keys(value)]);
    return [...keys].every((key) => same([...path, key], input[key], value[key]));
  }
  return input === value;
}
