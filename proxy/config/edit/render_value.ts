/** Values as text that fits what stands around it. */
import { Document, Scalar, visit } from "yaml";
import { isTree, type Path, setIn, type Tree } from "../path.ts";

/** How a file is written. */
export interface Style {
  readonly json: boolean;
  readonly newline: string;
  /** Spaces a level. */
  readonly step: number;
  /** Whether blanks stand inside braces and brackets: `{ a: 1 }`, `[ a ]`. */
  readonly padMaps: boolean;
  readonly padLists: boolean;
}

/** The style that most of `text` has. */
export function styleOf(text: string, json: boolean): Style {
  const step = /^( +|\t)[A-Za-z0-9_"'#-]/m.exec(text)?.[1]?.length ?? 2;
  return {
    json,
    newline: text.includes("\r\n") ? "\r\n" : "\n",
    step: Math.min(step, 8),
    padMaps: json ? /\{ \S/.test(text) : !/\{[^\s}]/.test(text),
    padLists: /\[ \S/.test(text),
  };
}

/** `value` on one line, as it may stand within `{}` and `[]`. */
export function inline(value: unknown, style: Style): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => inline(item, style)).join(", ");
    return surround(items, "[]", style.padLists);
  }
  if (isTree(value)) {
    const pairs = Object.entries(value).map(([key, item]) => inlinePair(key, item, style));
    return surround(pairs.join(", "), "{}", style.padMaps);
  }
  return style.json ? JSON.stringify(value) : flowScalar(value);
}

/** `key: value` within braces. */
export function inlinePair(key: string, value: unknown, style: Style): string {
  return `${style.json ? JSON.stringify(key) : flowScalar(key)}: ${inline(value, style)}`;
}

export function surround(inner: string, [open, close]: string, pad: boolean): string {
  return inner === "" ? `${open}${close}` : `${open}${pad ? ` ${inner} ` : inner}${close}`;
}

/** `tree` in lines of its own, each indented by `column` blanks; lists stand on one line. */
export function block(tree: Tree, column: number, style: Style): string {
  return Object.entries(tree).map(([key, value]) => {
    const name = " ".repeat(column) + plainScalar(key);
    if (!isTree(value) || Object.keys(value).length === 0) {
      return `${name}: ${
        Array.isArray(value) || isTree(value) ? inline(value, style) : plainScalar(value)
      }`;
    }
    return `${name}:${style.newline}${block(value, column + style.step, style)}`;
  }).join(style.newline);
}

/** `value` in the quotes of `old`, where it can be, for a place that is not within brackets. */
export function likeScalar(value: unknown, old: Scalar, style: Style): string {
  if (style.json) return JSON.stringify(value);
  const quoted = typeof value === "string" && typeof old.value === "string" &&
    /^QUOTE/.test(old.type ?? "");
  return plainScalar(value, quoted ? old.type : undefined);
}

/** The mapping in which `path` leads to `value`. */
export function nested(path: Path, value: unknown): Tree {
  const tree: Tree = {};
  setIn(tree, path, value);
  return tree;
}

function plainScalar(value: unknown, type?: Scalar["type"]): string {
  return stringify(scalar(value, type)).trimEnd();
}

/** Within brackets more needs quotes than on a line of its own. */
function flowScalar(value: unknown): string {
  const document = new Document([value]);
  visit(document, {
    Seq: (_, seq) => void (seq.flow = true),
    Scalar: (_, node) => void (node.type = scalar(node.value).type!),
  });
  return stringify(document).trim().slice(1, -1);
}

/** Text of several lines is quoted, so that it stands on one. */
function scalar(value: unknown, type?: Scalar["type"]): Scalar {
  const node = new Scalar(value);
  const wanted = typeof value === "string" && /[\n\r]/.test(value) ? "QUOTE_DOUBLE" : type;
  if (wanted) node.type = wanted;
  return node;
}

function stringify(value: Scalar | Document): string {
  const document = value instanceof Document ? value : new Document(value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
