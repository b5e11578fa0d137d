/** Three-way merge by lines. */
import { diffArrays } from "diff";

/**
 * For each line of `base`, the line of `other` that it corresponds to. With `pair`, lines that were
 * replaced by as many others correspond one by one: the same lines, written otherwise.
 */
function matches(
  base: readonly string[],
  other: readonly string[],
  pair: boolean,
): (number | undefined)[] {
  const found: (number | undefined)[] = new Array<number | undefined>(base.length).fill(undefined);
  let at = 0;
  let there = 0;
  const changes = diffArrays([...base], [...other]);
  for (const [index, { value, added, removed }] of changes.entries()) {
    const next = changes[index + 1];
    const rewritten = pair && removed && next?.added && next.value.length === value.length;
    if (added) there += value.length;
    else if (rewritten) { for (let i = 0; i < value.length; i++) found[at++] = there + i; }
    else if (removed) at += value.length;
    else for (let i = 0; i < value.length; i++) found[at++] = there++;
  }
  return found;
}

export interface MergeOptions {
  /** Whether `mine` is `base` written otherwise, line by line, and not just something near it. */
  readonly pair: boolean;
}

/**
 * `mine` with the changes that lead from `base` to `theirs`. Where both changed the same lines,
 * theirs count.
 */
export function mergeLines(
  base: string,
  mine: string,
  theirs: string,
  { pair }: MergeOptions,
): string {
  const [a, b, c] = [base, mine, theirs].map((text) => text.split("\n")) as [
    string[],
    string[],
    string[],
  ];
  const [inMine, inTheirs] = [matches(a, b, pair), matches(a, c, false)];
  const out: string[] = [];
  let [from, fromMine, fromTheirs] = [0, 0, 0];
  const takeUntil = (to: number, toMine: number, toTheirs: number) => {
    const original = a.slice(from, to).join("\n");
    const changed = c.slice(fromTheirs, toTheirs);
    const untouched = changed.join("\n") === original && changed.length === to - from;
    out.push(...(untouched ? b.slice(fromMine, toMine) : changed));
  };
  for (const index of a.keys()) {
    const [mineAt, theirsAt] = [inMine[index], inTheirs[index]];
    if (mineAt === undefined || theirsAt === undefined) continue;
    takeUntil(index, mineAt, theirsAt);
    out.push(b[mineAt]!);
    [from, fromMine, fromTheirs] = [index + 1, mineAt + 1, theirsAt + 1];
  }
  takeUntil(a.length, b.length, c.length);
  return out.join("\n");
}
