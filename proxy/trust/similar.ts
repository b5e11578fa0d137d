/** Names that are a typing error away from one that is pulled often. Pure. */

/** A repository with how often it was asked for and answered from the cache. */
interface Popular {
  /** `docker/library/alpine` */
  repository: string;
  hits: number;
}

/** So often a repository has to have been pulled for others to be taken for it by mistake. */
const OFTEN = 10;

/** The repository of `popular` that `name` is one edit away from; the one that is pulled most. */
export function meant(name: string, popular: readonly Popular[]): string | undefined {
  return popular.filter(({ hits, repository }) => hits >= OFTEN && isOneEdit(name, repository))
    .toSorted((a, b) => b.hits - a.hits)[0]?.repository;
}

/** Whether one letter more, less, other or swapped with its neighbour makes `a` to `b`. */
export function isOneEdit(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  const shorter = Math.min(a.length, b.length) - start;
  while (end < shorter && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
