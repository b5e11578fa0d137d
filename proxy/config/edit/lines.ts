/** Pairs and items that have lines of their own. */
import { columnOf, lineEnd, lineStart, nextLine, type Source, type Splice } from "./place.ts";

/** What is known of the lines to take away. */
interface Lines {
  /** Where the key or the dash stands, and where the value ends. */
  readonly start: number;
  readonly end: number;
  /** Whether nothing of the same collection stands above. */
  readonly first: boolean;
  /** Whether nothing else is in the collection. */
  readonly only: boolean;
}

/** Takes lines away, with the comment right above them, and no two empty lines are left in a row. */
export function removeLines(source: Source, { start, end, first, only }: Lines): Splice {
  const from = commentsAbove(source, start);
  const next = nextLine(source, end);
  if (next === undefined) {
    // The last line has no end: the one before it is the last then.
    return { from: from === 0 ? 0 : lineEnd(source, from - 1), to: source.text.length, with: "" };
  }
  const blankAbove = from > 0 && isBlank(source, lineStart(source, from - 1));
  const blankBelow = next < source.text.length && isBlank(source, next);
  const doubled = blankBelow && (blankAbove || (first && !only));
  return { from, to: doubled ? nextLine(source, next) ?? next : next, with: "" };
}

/** Where the comment begins that belongs to what stands at `start`; that line where there is none. */
export function commentsAbove(source: Source, start: number): number {
  const column = columnOf(source, start);
  let from = lineStart(source, start);
  while (from > 0) {
    const above = lineStart(source, from - 1);
    const comment = /^( *)#/.exec(source.text.slice(above, from));
    if (!comment || comment[1]!.length !== column) return from;
    from = above;
  }
  // What a file begins with is about all of it.
  return lineStart(source, start);
}

function isBlank({ text }: Source, at: number): boolean {
  return /^[ \t]*(\r?\n|$)/.test(text.slice(at, at + 200));
}

/** Whether the next line with anything on it is a comment that is indented deeper than `column`. */
export function commentBelow(source: Source, offset: number, column: number): boolean {
  for (let at = nextLine(source, offset); at !== undefined; at = nextLine(source, at)) {
    if (at < source.text.length && isBlank(source, at)) continue;
    const comment = /^( *)#/.exec(source.text.slice(at, at + 200));
    return comment !== null && comment[1]!.length > column;
  }
  return false;
}
