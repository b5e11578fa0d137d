/** Paths into the configuration and the plain trees they point into. */

export type Path = readonly (string | number)[];
/** A mapping as YAML or JSON hold it; without a prototype, so that any key is just a key. */
export type Tree = { [key: string]: unknown };

const BARE = /^[A-Za-z0-9_-]+$/;

/** `path` as people write it: `cache.max_size`, `users."a.b"`, `forward.allowed_hosts[0]`. */
export function formatKey(path: Path): string {
  return path.map((segment, index) => {
    if (typeof segment === "number") return `[${segment}]`;
    const text = BARE.test(segment) ? segment : JSON.stringify(segment);
    return index === 0 ? text : `.${text}`;
  }).join("");
}

/** The path that `formatKey` wrote as `text`; `undefined` when it is malformed. */
export function parseKey(text: string): Path | undefined {
  const segment = /(?:^|\.)(?:([A-Za-z0-9_-]+)|("(?:[^"\\]|\\.)*"))|\[(\d+)\]/gy;
  const path: (string | number)[] = [];
  while (segment.lastIndex < text.length) {
    const match = segment.exec(text);
    if (!match) return undefined;
    const [, bare, quoted, index] = match;
    path.push(index !== undefined ? Number(index) : bare ?? (JSON.parse(quoted!) as string));
  }
  return path;
}

/** Whether `value` is a mapping: not a list, not null, not a scalar. */
export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An empty tree. */
export function newTree(): Tree {
  return Object.create(null) as Tree;
}

/** What stands at `path` in `tree`, or `undefined`. */
export function getIn(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

/**
 * Puts `value` at `path`, making mappings on the way. Something else that stands in the way stays,
 * so that the schema can complain of it; the result says whether the value was put.
 */
export function setIn(tree: Tree, path: Path, value: unknown): boolean {
  let parent = tree;
  for (const segment of path.slice(0, -1)) {
    const child = parent[segment] ??= newTree();
    if (!isTree(child)) return false;
    parent = child;
  }
  parent[path.at(-1)!] = value;
  return true;
}

/** Every leaf of `tree` with its path: scalars, lists, and mappings that hold nothing. */
export function* leaves(tree: Tree, base: Path = []): Generator<{ path: Path; value: unknown }> {
  for (const [key, value] of Object.entries(tree)) {
    const path = [...base, key];
    if (isTree(value) && Object.keys(value).length > 0) yield* leaves(value, path);
    else yield { path, value };
  }
}
