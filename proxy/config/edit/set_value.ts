/** Putting a value into a file: in the place of another, or behind what is there. */
import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import { isTree, type Path, type Tree } from "../path.ts";
import { rebuildFlow } from "./flow.ts";
import { removeLines } from "./lines.ts";
import {
  colonEnd,
  columnOf,
  dashOf,
  endOf,
  isEmpty,
  lineEnd,
  lineStart,
  placesOn,
  type Source,
  type Splice,
  splice,
  startOf,
} from "./place.ts";
import { block, inline, inlinePair, likeScalar, nested, type Style } from "./render_value.ts";

/** The text in which `path` has `value`. */
export function setValue(source: Source, path: Path, value: unknown, style: Style): string {
  const { contents } = source.document;
  const places = placesOn(source.document, path);
  const last = places.at(-1);
  const rest = path.slice(places.length);
  if (!last) {
    if (isMap(contents)) {
      return splice(source.text, insert(source, contents, nested(rest, value), style));
    }
    return append(source, nested(rest, value), style);
  }
  const { map, pair } = last;
  if (rest.length === 0) return splice(source.text, ...replace(source, map, pair, value, style));
  const tree = nested(rest, value);
  if (isMap(pair.value)) return splice(source.text, insert(source, pair.value, tree, style));
  if (map.flow || !isScalar(pair.value) || pair.value.value !== null) {
    return splice(source.text, ...replace(source, map, pair, tree, style));
  }
  return splice(source.text, ...fillSection(source, pair, tree, style));
}

/** `tree` behind everything else, for a file that says nothing yet. */
function append({ text, newline }: Source, tree: Tree, style: Style): string {
  if (style.json) return inline(tree, style);
  if (text.trim() === "") return block(tree, 0, style) + newline;
  const ended = text.endsWith("\n");
  return text + (ended ? "" : newline) + newline + block(tree, 0, style) + (ended ? newline : "");
}

/** The one pair of `tree` as the last of `map`. */
function insert(source: Source, map: YAMLMap, tree: Tree, style: Style): Splice {
  const [[key, value]] = Object.entries(tree) as [[string, unknown]];
  if (map.flow) {
    return rebuildFlow(source, map, () => true, [flowPair(source, map, key, value, style)], style);
  }
  const at = lineEnd(source, endOf(source, map));
  const column = columnOf(source, startOf(map.items[0]));
  const text = block(tree, column, { ...style, step: stepIn(source, map, column) ?? style.step });
  return { from: at, to: at, with: source.newline + text };
}

/** How much deeper the mappings in `map` stand than it does itself. */
function stepIn(source: Source, map: YAMLMap, column: number): number | undefined {
  for (const { value } of map.items) {
    if (!isMap(value) || value.flow || value.items.length === 0) continue;
    return columnOf(source, startOf(value.items[0])) - column;
  }
}

/** In JSON a mapping gets lines of its own where its siblings have them. */
function flowPair(
  source: Source,
  map: YAMLMap,
  key: string,
  value: unknown,
  style: Style,
): string {
  if (!style.json || !isTree(value)) return inlinePair(key, value, style);
  const first = map.items[0];
  const own = first && source.text.slice(map.range![0], startOf(first)).includes("\n");
  if (!own) return inlinePair(key, value, style);
  const column = columnOf(source, startOf(first));
  const lines = JSON.stringify(value, null, style.step).split("\n");
  return `${JSON.stringify(key)}: ${lines.join(source.newline + " ".repeat(column))}`;
}

/** `key:` with nothing behind it gets `tree`, above the comments that stand below it. */
function fillSection(source: Source, pair: Pair, tree: Tree, style: Style): Splice[] {
  const colon = colonEnd(pair);
  const at = lineEnd(source, colon);
  const column = columnOf(source, startOf(pair));
  const lines: Splice = {
    from: at,
    to: at,
    with: source.newline + block(tree, column + style.step, style),
  };
  if (isEmpty(pair.value)) return [lines];
  // `key: null`, `key: ~`
  return [{ from: colon, to: (pair.value as Node).range![1], with: "" }, lines];
}

/** `value` in the place of what `pair` has. */
function replace(
  source: Source,
  map: YAMLMap,
  pair: Pair,
  value: unknown,
  style: Style,
): Splice[] {
  const { value: old } = pair;
  if (isSeq(old) && Array.isArray(value)) {
    const items = replaceItems(source, old, value, style);
    if (items) return items;
  }
  const text = isScalar(old) && !isTree(value) && !Array.isArray(value) && !map.flow
    ? likeScalar(value, old, style)
    : isScalar(old) && /^QUOTE/.test(old.type ?? "") && typeof value === "string"
    ? likeScalar(value, old, style)
    : inline(value, style);
  const colon = colonEnd(pair);
  if (isEmpty(old)) return [{ from: colon, to: colon, with: ` ${text}` }];
  const { range } = old as Node;
  const end = endOf(source, old);
  const sameLine = lineStart(source, range![0]) === lineStart(source, colon);
  if (sameLine) return [{ from: range![0], to: end, with: text }];
  if (map.flow) return [{ from: range![0], to: end, with: text }];
  const rest = source.text.slice(colon, lineEnd(source, colon));
  return [{ from: colon, to: lineEnd(source, end), with: ` ${text}${rest}` }];
}

/**
 * `seq` with `values`, where that is what stays of it and others behind; `undefined` where it is
 * another order. Items that stay keep their comments.
 */
function replaceItems(
  source: Source,
  seq: YAMLSeq,
  values: readonly unknown[],
  style: Style,
): Splice[] | undefined {
  const old = seq.items.map((item) => JSON.stringify((item as Node).toJS(source.document)));
  const stays = new Set<number>();
  let from = 0;
  let kept = 0;
  for (const value of values) {
    const index = old.indexOf(JSON.stringify(value), from);
    if (index < 0) break;
    stays.add(index);
    from = index + 1;
    kept++;
  }
  const added = values.slice(kept).map((value) => inline(value, style));
  if (seq.flow) return [rebuildFlow(source, seq, (index) => stays.has(index), added, style)];
  if (kept === 0) return undefined;
  const column = columnOf(source, dashOf(seq, 0));
  const gone = old.keys().filter((index) => !stays.has(index)).map((index) =>
    removeLines(source, {
      start: dashOf(seq, index),
      end: Math.max(endOf(source, seq.items[index]), dashOf(seq, index) + 1),
      first: index === 0,
      only: false,
    })
  );
  const at = lineEnd(source, endOf(source, seq.items[Math.max(...stays)]));
  const lines = added.map((item) => `${source.newline}${" ".repeat(column)}- ${item}`);
  return [...gone, { from: at, to: at, with: lines.join("") }];
}
