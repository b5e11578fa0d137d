/** Settings of several sources laid over each other, and which of them each value comes from. */
import type { Provenance, Setting } from "./provenance.ts";
import { formatKey, getIn, isTree, leaves, newTree, type Path, setIn, type Tree } from "./path.ts";
import { BUILT_IN_REGISTRIES } from "./registries.ts";

/** Origins by key, as `formatKey` writes it. */
export type Sources = ReadonlyMap<string, Provenance>;

export class Layers {
  readonly tree: Tree = newTree();
  readonly #origins = new Map<string, Provenance>();

  /** Lays `settings` on top. Mappings grow together; lists and scalars replace what was there. */
  add(settings: Iterable<Setting>): void {
    for (const { path, value, origin } of settings) {
      const nothingNew = isTree(value) && isTree(getIn(this.tree, path));
      if (!nothingNew && setIn(this.tree, path, value)) this.#origins.set(formatKey(path), origin);
    }
  }

  /** Takes away what stands at `path`. */
  remove(path: Path): void {
    const parent = getIn(this.tree, path.slice(0, -1));
    if (isTree(parent)) delete parent[path.at(-1)!];
    const key = formatKey(path);
    for (const known of this.#origins.keys()) {
      if (known === key || known.startsWith(`${key}.`)) this.#origins.delete(known);
    }
  }

  /** Where the value at `path`, or the list or mapping that it is part of, comes from. */
  origin(path: Path): Provenance | undefined {
    for (let length = path.length; length > 0; length--) {
      const found = this.#origins.get(formatKey(path.slice(0, length)));
      if (found) return found;
    }
    return undefined;
  }

  /** Where the section at `path` comes from: the last source that says anything within it. */
  sectionOrigin(path: Path): Provenance | undefined {
    const prefix = `${formatKey(path)}.`;
    const within = [...this.#origins].filter(([key]) => key.startsWith(prefix));
    return within.at(-1)?.[1];
  }

  /** The origin of every leaf of `config`; what no source says is a default. */
  sources(config: Tree): Sources {
    const origins = [...leaves(config)].map(({ path }): [string, Provenance] => [
      formatKey(path),
      this.origin(path) ?? { kind: "default" },
    ]);
    return new Map(origins);
  }
}

/** The built-in registries as settings. */
export function builtInSettings(): Setting[] {
  return [...leaves({ registries: BUILT_IN_REGISTRIES })].map(({ path, value }) => ({
    path,
    value,
    origin: { kind: "built-in" },
  }));
}
