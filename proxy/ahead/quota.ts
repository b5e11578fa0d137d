/** Why a registry is not to be asked for anything that counts as a pull. Pure. */

/** `until` in Unix milliseconds. */
export interface Closed {
  until: number;
  why: string;
}

/** As `QuotaBook.closedUntil`. */
export type ClosedUntil = (registry: string, reserve: number, now: number) => number | undefined;

/** Whether `registry` is closed to who leaves the share `reserve` (0 to 1) of its quota. */
export function closedTo(
  closedUntil: ClosedUntil,
  { registry, reserve, now }: { registry: string; reserve: number; now: number },
): Closed | undefined {
  const until = closedUntil(registry, reserve, now);
  if (until === undefined) return undefined;
  const why = closedUntil(registry, 0, now) === undefined
    ? "what is left of the registry's quota is for clients"
    : "the registry's quota is used up";
  return { until, why };
}

/** One line about it. */
export function closedWords({ until, why }: Closed): string {
  return `${why} until ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
