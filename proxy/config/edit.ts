/**
 * Changes of values in the text of a configuration file that leave everything else as it was:
 * comments, order, quotes, spaces.
 */
import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type ToStringOptions,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { mergeLines } from "./merge.ts";
import { formatKey, getIn, isTree, type Path, setIn, type Tree } from "./path.ts";

/** One change; a `value` of `undefined` takes the key away. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/** A file that is written in a way which cannot be edited without rewriting it. */
export class EditError extends Error {
  constructor(readonly path: Path, why: string) {
    super(`${formatKey(path)} ${why}; change it in the file by hand`);
    this.name = "EditError";
  }
}

/**
 * `text` with `edits` made. JSON stays JSON; other text is YAML. Throws `EditError` where YAML's
 * aliases are in the way.
 */
export function editText(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  if (text.includes("\r\n")) {
    return editText(text.replaceAll("\r\n", "\n"), edits).replaceAll("\n", "\r\n");
  }
  return isJson(text) ? editJson(text, edits) : editYaml(text, edits);
}

/** `after` with the lines of `text` wherever `edit` did not change them; `same` has the last word. */
function keepLines(
  before: string,
  text: string,
  after: string,
  same: (text: string) => boolean,
): string {
  const tries = [true, false].map((pair) => () => mergeLines(before, text, after, { pair }));
  for (const merge of tries) {
    const merged = merge();
    if (same(merged)) return merged;
  }
  return after;
}

function isJson(text: string): boolean {
  try {
    return isTree(JSON.parse(text));
  } catch {
    return false;
  }
}

function editJson(text: string, edits: readonly Edit[]): string {
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? "  ";
  const end = text.endsWith("\n") ? "\n" : "";
  const write = (tree: unknown) => JSON.stringify(tree, null, indent) + end;
  const tree = JSON.parse(text) as Tree;
  const before = write(tree);
  for (const { path, value } of edits) {
    if (value === undefined) removeJson(tree, path);
    else setIn(tree, path, value);
  }
  const same = (merged: string) =>
    isJson(merged) && JSON.stringify(JSON.parse(merged)) === JSON.stringify(tree);
  return keepLines(before, text, write(tree), same);
}

/** Takes `path` away, and the mappings above it that have nothing in them any more. */
function removeJson(tree: Tree, path: Path): void {
  for (let length = path.length; length > 0; length--) {
    const parent = getIn(tree, path.slice(0, length - 1));
    if (!isTree(parent)) return;
    delete parent[path[length - 1]!];
    if (Object.keys(parent).length > 0) return;
  }
}

function editYaml(text: string, edits: readonly Edit[]): string {
  const spliced = edits.length === 1 ? spliceScalar(text, edits[0]!) : undefined;
  if (spliced !== undefined) return spliced;

  const document = parseDocument(text);
  const style = styleOf(text);
  const before = write(document, style);
  for (const edit of edits) {
    checkEditable(document, edit.path);
    if (edit.value === undefined) removeYaml(document, edit.path);
    else setYaml(document, edit.path, edit.value);
  }
  const after = write(document, style);
  return keepLines(before, text, after, (merged) => sameYaml(merged, document));
}

/** Puts one scalar in the place of another, byte by byte; `undefined` where that is not it. */
function spliceScalar(text: string, { path, value }: Edit): string | undefined {
  if (typeof value === "object" || value === undefined) return undefined;
  const document = parseDocument(text);
  const node = document.getIn(path, true);
  if (!isScalar(node) || !node.range || node.anchor || node.tag || /BLOCK/.test(node.type!)) return;
  const [start, end] = node.range;
  // An empty value (`key:`) has no place of its own.
  if (start === end || isShared(document, path)) return undefined;
  const written = writeScalar(value, node);
  const spliced = text.slice(0, start) + written + text.slice(end);
  document.setIn(path, value);
  return sameYaml(spliced, document) ? spliced : undefined;
}

/** `value` in the quotes of `old`, where it can be. */
function writeScalar(value: unknown, old: Scalar): string {
  const scalar = new Scalar(value);
  if (typeof value === "string" && typeof old.value === "string" && old.type) {
    scalar.type = old.type;
  }
  return new Document(scalar).toString({ lineWidth: 0 }).trimEnd();
}

function sameYaml(text: string, document: Document): boolean {
  const parsed = parseDocument(text);
  return parsed.errors.length === 0 &&
    JSON.stringify(parsed.toJS()) === JSON.stringify(document.toJS());
}

function styleOf(text: string): ToStringOptions {
  const indent = /^( +)[A-Za-z0-9_"'#-]/m.exec(text)?.[1]?.length ?? 2;
  const seqs = [...text.matchAll(/^( *)[\w"'-]+:[ \t]*(?:#.*)?\n( *)- /gm)];
  const flat = seqs.filter(([, key, item]) => key === item).length;
  return {
    lineWidth: 0,
    indent: Math.min(indent, 8),
    indentSeq: flat === 0 || flat < seqs.length / 2,
    flowCollectionPadding: /[{[] /.test(text) && !/[{[][^\s\]}]/.test(text),
  };
}

/** The document as text, without the blanks that a comment taken away leaves on its line. */
function write(document: Document, style: ToStringOptions): string {
  return document.toString(style).replaceAll(/^ +$/gm, "");
}

/** Whether the value at `path` is, or stands within, what an alias or a merge key shares. */
function isShared(document: Document, path: Path): boolean {
  for (let length = 1; length <= path.length; length++) {
    const node = document.getIn(path.slice(0, length), true);
    if (isAlias(node) || (node as Node & { anchor?: string } | undefined)?.anchor) return true;
  }
  return false;
}

function checkEditable(document: Document, path: Path): void {
  if (isShared(document, path)) throw new EditError(path, "is shared by a YAML alias");
}

function setYaml(document: Document, path: Path, value: unknown): void {
  const parent = mapAt(document, path.slice(0, -1));
  const key = path.at(-1)!;
  const existing = parent.get(key, true) as unknown;
  if (isSeq(existing) && Array.isArray(value)) return setItems(document, existing, value);
  if (isScalar(existing) && typeof value !== "object") {
    existing.value = value;
    return;
  }
  parent.set(key, createNode(document, value));
}

/** The mapping at `path`; made where there is none, or nothing but comments. */
function mapAt(document: Document, path: Path): YAMLMap {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isMap(node)) return node;
  const made = document.createNode({}) as YAMLMap;
  if (isScalar(node)) {
    // `registries:` with its examples commented out: they stay, above what is added.
    const comment = [node.commentBefore, node.comment].filter(Boolean).join("\n");
    if (comment) made.commentBefore = comment;
  }
  if (path.length === 0) document.contents = made as typeof document.contents;
  else mapAt(document, path.slice(0, -1)).set(path.at(-1)!, made);
  return made;
}

/** Puts `values` into `seq`; items that stay keep their comments. */
function setItems(document: Document, seq: YAMLSeq, values: readonly unknown[]): void {
  const old = [...seq.items];
  seq.items = values.map((value) => {
    const index = old.findIndex((item) => sameItem(item, value));
    return index < 0 ? createNode(document, value) : old.splice(index, 1)[0];
  });
}

function sameItem(item: unknown, value: unknown): boolean {
  const plain = item && typeof item === "object" && "toJSON" in item
    ? (item as Node).toJSON() as unknown
    : item;
  return JSON.stringify(plain) === JSON.stringify(value);
}

/** `value` as a node; lists of scalars stand on one line. */
function createNode(document: Document, value: unknown): Node {
  const node = document.createNode(value) as Node;
  visit(node, {
    Seq(_, seq) {
      seq.flow = true;
    },
  });
  return node;
}

function removeYaml(document: Document, path: Path): void {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1
      ? document.contents
      : document.getIn(path.slice(0, length - 1), true) as unknown;
    const key = path[length - 1]!;
    if (!isMap(parent) || !parent.has(key)) return;
    removePair(parent, key);
    // A mapping that has nothing in it any more goes too.
    if (parent.items.length > 0) return;
  }
}

/** The first key's comment is kept by the mapping itself: it goes with the key. */
function removePair(map: YAMLMap, key: string | number): void {
  const first = map.items[0] as Pair<Node, Node> | undefined;
  const isFirst = isScalar(first?.key) && first.key.value === key;
  map.delete(key);
  if (isFirst && !(first!.key as Scalar).spaceBefore) {
    const next = map.items[0]?.key as Node | undefined;
    if (next) next.spaceBefore = false;
  }
  if (!isFirst || !map.commentBefore || (first!.key as Scalar).spaceBefore) return;
  const paragraphs = map.commentBefore.split("\n\n").slice(0, -1);
  if (paragraphs.length > 0) map.commentBefore = paragraphs.join("\n\n");
  else delete map.commentBefore;
}
