/** Medians and ratios, as a Markdown table. */
import type { Metric } from "./cases.ts";

/** One metric of a run: the samples of each contender. */
export interface Row extends Metric {
  samples: Record<string, number[]>;
}

/** The middle of some samples; the lower of the two middle ones of an even number. */
function median(samples: number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}

/** How many times better than another `subject` is: above 1 is better, whichever way the unit goes. */
export function ratio(row: Row, subject: string, other: string): number | undefined {
  const [ours, theirs] = [row.samples[subject], row.samples[other]];
  if (!ours || !theirs) return undefined;
  const quotient = median(ours) / median(theirs);
  return row.better === "more" ? quotient : 1 / quotient;
}

/** The table: a column of medians for each contender, then how `subject` compares to the others. */
export function table(rows: Row[], contenders: string[], subject: string): string {
  const others = contenders.filter((name) => name !== subject);
  const head = ["", ...contenders, ...others.map((name) => `${subject} : ${name}`)];
  const body = rows.map((row) => [
    row.unit ? `${row.name}, ${row.unit}` : row.name,
    ...contenders.map((name) => row.samples[name] ? show(median(row.samples[name])) : "–"),
    ...others.map((other) => ratio(row, subject, other)?.toFixed(2) ?? "–"),
  ]);
  const rule = head.map((_, column) => column === 0 ? "---" : "---:");
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function show(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
