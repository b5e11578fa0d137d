/** The configuration file: YAML or JSON, with the place of every value. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { coerce } from "./coerce.ts";
import { keyInfo } from "./options.ts";
import type { Provenance, Setting } from "./provenance.ts";
import { isTree, leaves, type Path } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";

export interface ParsedFile {
  readonly path: string;
  readonly text: string;
  readonly settings: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
  /** Whether it says anything of the top-level `key`. */
  has(key: string | number): boolean;
  /** Where the value at `path` stands, or the key nearest to it. */
  origin(path: Path, at?: "key" | "value"): Provenance;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Document = ReturnType<typeof parseDocument>;

/** `${NAME}`, `${NAME:-default}`; `$${` is a literal `${`. */
const VARIABLE = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * `text` with the variables of `env` put in, and their names. `missing` holds those that are
 * neither set nor given a default.
 */
function interpolate(text: string, env: Environment) {
  const variables: string[] = [];
  const missing: string[] = [];
  const value = text.replaceAll(VARIABLE, (_, literal?: string, name?: string, other?: string) => {
    if (literal) return literal;
    variables.push(name!);
    const found = env[name!] || other;
    if (found === undefined) missing.push(name!);
    return found ?? "";
  });
  return { value, variables, missing };
}

/** `value` written so that `interpolate` gives it back: no text in it refers to a variable. */
export function literal(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map(literal);
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)]));
}

/**
 * Reads `text` of the file at `path`; what is wrong with it is in `problems`, never thrown. Keys with
 * nothing behind them are left out, unless `nulls` is set.
 */
export function parseFile(
  path: string,
  text: string,
  env: Environment,
  { nulls = false } = {},
): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { kind: "file", file: path, line, column: col } as const;
  };
  const origin = (path: Path, at: "key" | "value" = "value") =>
    place(findOffset(document, path, at));
  const problems = syntaxProblems(document, text, place);
  const has = (key: string | number) => isMap(document.contents) && document.contents.has(key);
  const none = { path, text, settings: [], has, origin };
  if (problems.length > 0) return { ...none, problems };

  const variables = new Map<Node, readonly string[]>();
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("${")) return;
      const result = interpolate(node.value, env);
      for (const name of result.missing) {
        problems.push({
          key: "",
          origin: place(node.range?.[0] ?? 0),
          message: `\${${name}} is not set; expected it in the environment`,
        });
      }
      variables.set(node, result.variables);
      node.value = result.value;
    },
  });
  if (problems.length > 0) return { ...none, problems };

  const tree: unknown = document.toJS();
  if (tree === null || tree === undefined) return { ...none, problems };
  if (!isTree(tree)) {
    const message = 'expected a mapping of keys to values, such as `listen: ":8080"`';
    return { ...none, problems: [{ key: "", origin: place(0), message }] };
  }
  const settings: Setting[] = [];
  for (const { path: written, value } of leaves(tree)) {
    const path = pathOf(written, value);
    // `quay:` with everything below it commented out says nothing.
    if (value === null && !nulls) continue;
    const node = document.getIn(written, true) as Node | undefined;
    const names = node && variablesWithin(node, variables);
    const info = keyInfo(path);
    settings.push({
      path,
      value: names && info && typeof value === "string" ? coerce(value, info) : value,
      origin: names ? { ...origin(path), variables: names } : origin(path),
    });
  }
  return { ...none, settings, problems };
}

/** A bare list of rules under `prefetch` is what stands below `prefetch.rules`. */
function pathOf(path: Path, value: unknown): Path {
  return path.length === 1 && path[0] === "prefetch" && Array.isArray(value)
    ? ["prefetch", "rules"]
    : path;
}

/** What is wrong with `document` as YAML. */
function syntaxProblems(
  { errors }: Document,
  text: string,
  place: (offset: number) => Provenance,
): ConfigProblem[] {
  // The parser meets an open bracket twice: at the end of what is in it, and at the end of the file.
  const distinct = errors.filter(({ message }, index) =>
    errors.findIndex((error) => error.message === message) === index
  );
  return distinct.map(({ code, message, pos }) => ({
    key: "",
    origin: place(pos[0]),
    message: code === "DUPLICATE_KEY"
      ? `${keyAt(text, pos[0])} stands here again; expected each key once in its mapping`
      : `expected valid YAML or JSON: ${message.replaceAll(/\s+/g, " ")}`,
  }));
}

/** The key that begins at `offset`, as it is written. */
function keyAt(text: string, offset: number): string {
  return /^("[^"\n]*"|'[^'\n]*'|[^\s:,{}]+)/.exec(text.slice(offset))?.[0] ?? "a key";
}

/** The variables that `node`, a scalar or a list, refers to; `undefined` when it does to none. */
function variablesWithin(
  node: Node,
  variables: ReadonlyMap<Node, readonly string[]>,
): readonly string[] | undefined {
  const found: string[] = [];
  visit(node, { Scalar: (_, scalar) => void found.push(...variables.get(scalar) ?? []) });
  return found.length > 0 ? found : undefined;
}

/** The offset of the deepest node on the way to `path` that the document holds. */
function findOffset(document: Document, path: Path, at: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [depth, segment] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === segment);
      if (!pair) return offset;
      const last = depth === path.length - 1;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      offset = (last && at === "value" && isScalar(value) ? value : key).range?.[0] ?? offset;
      node = value;
    } else if (isSeq(node)) {
      if (segment === "rules") continue; // see `pathOf`
      node = node.items[Number(segment)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
