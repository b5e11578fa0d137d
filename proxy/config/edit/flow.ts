/** Mappings and lists in braces and brackets, with items taken out of them and put behind the rest. */
import { isMap, type YAMLMap, type YAMLSeq } from "yaml";
import { columnOf, endOf, lineStart, type Source, type Splice, startOf } from "./place.ts";
import { type Style, surround } from "./render_value.ts";

/**
 * `collection` with the items that `keep` says, and `added` behind them; what stands between items
 * that stay is not touched.
 */
export function rebuildFlow(
  source: Source,
  collection: YAMLMap | YAMLSeq,
  keep: (index: number) => boolean,
  added: readonly string[],
  style: Style,
): Splice {
  const [from, to] = collection.range! as [number, number, number];
  const items = collection.items.map((item) => ({
    start: startOf(item),
    end: endOf(source, item),
  }));
  const kept = items.keys().filter(keep).toArray();
  const change = (text: string): Splice => ({ from, to, with: text });
  const brackets = isMap(collection) ? "{}" : "[]";
  if (kept.length + added.length === 0) return change(brackets);
  if (items.length === 0) return change(fromNothing(source, collection, added, style));
  const { text } = source;
  const lead = text.slice(from, items[0]!.start);
  const tail = text.slice(items.at(-1)!.end, to);
  const separator = (index: number) => text.slice(items[index - 1]!.end, items[index]!.start);
  const own = kept.map((index, at) => {
    const { start, end } = items[index]!;
    return (at === 0 ? "" : separator(index)) + text.slice(start, end);
  });
  const between = betweenItems(source, items[0]!.start, from);
  const rest = added.map((item, at) => (at === 0 && own.length === 0 ? "" : between) + item);
  return change(lead + own.join("") + rest.join("") + tail);
}

/** A comma and what follows it: a line for each where the first has one of its own. */
function betweenItems(source: Source, first: number, open: number): string {
  const start = lineStart(source, first);
  if (start <= open) return ", ";
  return `,${source.newline}${source.text.slice(start, first)}`;
}

function fromNothing(
  source: Source,
  collection: YAMLMap | YAMLSeq,
  added: readonly string[],
  { json, newline, step, padMaps, padLists }: Style,
): string {
  const map = isMap(collection);
  const inner = added.join(", ");
  if (!json || !map) return surround(inner, map ? "{}" : "[]", map ? padMaps : padLists);
  const start = lineStart(source, collection.range![0]);
  const indent = /^[ \t]*/.exec(source.text.slice(start))![0].slice(
    0,
    columnOf(source, collection.range![0]),
  );
  const deeper = indent + " ".repeat(step);
  return `{${newline}${deeper}${added.join(`,${newline}${deeper}`)}${newline}${indent}}`;
}
