/** Where things stand in the text of a YAML or JSON file. Offsets are those of JavaScript strings. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Path } from "../path.ts";

/** A text and what it says. */
export interface Source {
  readonly text: string;
  readonly document: Document;
  /** How its lines end. */
  readonly newline: "\n" | "\r\n";
}

/** A pair found in a mapping, and that mapping. */
export interface Place {
  readonly map: YAMLMap;
  readonly pair: Pair;
}

/** A change of a text: what stands from `from` to `to` gives way to `with`. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly with: string;
}

export function parseSource(text: string): Source {
  const document = parseDocument(text, { keepSourceTokens: true });
  return { text, document, newline: text.includes("\r\n") ? "\r\n" : "\n" };
}

/** `text` with all `splices` made; they must not overlap. */
export function splice(text: string, ...splices: Splice[]): string {
  return splices.toSorted((a, b) => b.from - a.from).reduce(
    (out, { from, to, with: given }) => out.slice(0, from) + given + out.slice(to),
    text,
  );
}

/** The pairs on the way to `path`, outermost first, as far as there are any. */
export function placesOn(document: Document, path: Path): Place[] {
  const places: Place[] = [];
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key: found }) =>
      isScalar(found) && String(found.value) === String(key)
    );
    if (!pair) break;
    places.push({ map: node, pair });
    node = pair.value;
  }
  return places;
}

/** Whether the value at `path` is, or stands within, what an alias or an anchor shares. */
export function isShared(document: Document, path: Path): boolean {
  return placesOn(document, path).some(({ pair: { value } }) =>
    isAlias(value) || (value as { anchor?: string } | null)?.anchor !== undefined
  );
}

export function startOf(item: unknown): number {
  return ((isPair(item) ? item.key : item) as Node).range![0];
}

/** Where the text of `item` ends: behind its last character, no comment, no line end. */
export function endOf(source: Source, item: unknown): number {
  if (isPair(item)) return endOfPair(source, item);
  if (isCollection(item) && !item.flow) {
    const last = item.items.at(-1);
    return last === undefined ? item.range![1] : Math.max(endOf(source, last), dashEnd(item));
  }
  const end = (item as Node).range![1];
  // Block text ends with its line.
  return isScalar(item) && /^BLOCK/.test(item.type ?? "") ? beforeNewline(source, end) : end;
}

function endOfPair(source: Source, pair: Pair): number {
  return isEmpty(pair.value) ? colonEnd(pair) : endOf(source, pair.value);
}

/** Whether nothing at all is written for a value. */
export function isEmpty(value: unknown): boolean {
  return !value || (isScalar(value) && value.range![0] === value.range![1]);
}

/** Where the colon behind a pair's key ends; the key's own end where there is none. */
export function colonEnd({ key, srcToken }: Pair): number {
  const colon = (srcToken as SourceItem | undefined)?.sep
    ?.find(({ type }) => type === "map-value-ind");
  return colon ? colon.offset + 1 : (key as Node).range![1];
}

/** Where the `-` of the `index`-th item of a block sequence stands. */
export function dashOf(seq: YAMLSeq, index: number): number {
  const { items } = seq.srcToken as unknown as { items: SourceItem[] };
  return items[index]!.start.find(({ type }) => type === "seq-item-ind")!.offset;
}

function dashEnd(item: unknown): number {
  return isMap(item) ? 0 : dashOf(item as YAMLSeq, (item as YAMLSeq).items.length - 1) + 1;
}

interface SourceItem {
  start: { type: string; offset: number }[];
  sep?: { type: string; offset: number }[];
}

/** The start of the line that `offset` is in. */
export function lineStart({ text }: Source, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The end of the line that `offset` is in, before its line end. */
export function lineEnd(source: Source, offset: number): number {
  const end = source.text.indexOf("\n", offset);
  return end < 0 ? source.text.length : beforeNewline(source, end + 1);
}

/** The start of the line after the one that `offset` is in; `undefined` behind the last. */
export function nextLine({ text }: Source, offset: number): number | undefined {
  const end = text.indexOf("\n", offset);
  return end < 0 ? undefined : end + 1;
}

/** How far `offset` is from the start of its line. */
export function columnOf(source: Source, offset: number): number {
  return offset - lineStart(source, offset);
}

function beforeNewline({ text }: Source, end: number): number {
  return end - (/\r?\n$/.exec(text.slice(Math.max(0, end - 2), end))?.[0].length ?? 0);
}
