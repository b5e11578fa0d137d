/** Medians and ratios, as a Markdown table. */
import { quantile } from "./load.ts";
import type { Metric } from "./row.ts";

/** One metric of a run: the samples of each contender. */
export interface Measured extends Metric {
  /** The row that it belongs to. */
  row: string;
  samples: Record<string, number[]>;
}

/** How many times better than another `subject` is: above 1 is better, whichever way the unit goes. */
export function ratio(row: Measured, subject: string, other: string): number | undefined {
  const [ours, theirs] = [row.samples[subject], row.samples[other]];
  if (!ours || !theirs) return undefined;
  const quotient = middle(ours) / middle(theirs);
  // Too little CPU time for the clock of /proc.
  if (!Number.isFinite(quotient) || quotient === 0) return undefined;
  return row.better === "more" ? quotient : 1 / quotient;
}

/**
 * The table: a column of medians for each contender, then how `subject` compares to the others, as
 * `write` has it.
 */
export function table(
  rows: Measured[],
  contenders: string[],
  subject: string,
  write = (share: number) => share.toFixed(2),
): string {
  const others = contenders.filter((name) => name !== subject);
  const head = ["", ...contenders, ...others.map((name) => `${subject} : ${name}`)];
  const body = rows.map((row) => [
    row.unit ? `${row.name}, ${row.unit}` : row.name,
    ...contenders.map((name) => row.samples[name] ? show(middle(row.samples[name])) : "–"),
    ...others.map((other) => {
      const share = ratio(row, subject, other);
      return share === undefined ? "–" : write(share);
    }),
  ]);
  const rule = head.map((_, column) => column === 0 ? "---" : "---:");
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The metric that the one at `index` adds to: itself, where its name does not begin with an ellipsis. */
export function headOf(rows: Measured[], index: number): Measured {
  const head = rows.slice(0, index + 1).findLast(({ name }) => !name.startsWith("…"));
  return head ?? rows[index]!;
}

/** The median; the lower of the two middle samples of an even number. */
export function middle(samples: number[]): number {
  return quantile(samples, 0.5);
}

/** Three digits that count. */
export function show(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
