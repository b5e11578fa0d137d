/** What got worse since an earlier run. */
import type { Result } from "./result.ts";
import { headOf, type Measured, middle, show } from "./table.ts";

/** CPU time holds from run to run where throughput does not; less than this is still noise. */
const LIMIT = 0.15;

/**
 * What to tell of `now` beside the run `before`: a line for each row in which `subject` spends over
 * 15 % more CPU time. Runs of another machine or size say nothing of each other.
 */
export function compared(before: Result | undefined, now: Result, subject: string): string[] {
  if (!before) return ["There is no earlier run to compare with."];
  if (before.machine.model !== now.machine.model || before.machine.cores !== now.machine.cores) {
    return [`Not compared: the earlier run was on ${before.machine.model}.`];
  }
  if (JSON.stringify(before.scale) !== JSON.stringify(now.scale)) {
    return ["Not compared: the earlier run was of another size."];
  }
  const lines = worse(before.rows, now.rows, subject);
  return lines.length > 0
    ? lines
    : [`No row takes over ${percent(LIMIT)} more CPU time than before.`];
}

/** A line for each row in which `subject` spends over 15 % more CPU time than in the rows `before`. */
function worse(before: Measured[], now: Measured[], subject: string): string[] {
  const known = cpuTimes(before, subject);
  return [...cpuTimes(now, subject)].flatMap(([name, cpu]) => {
    const earlier = known.get(name);
    if (!earlier || cpu <= earlier * (1 + LIMIT)) return [];
    const more = percent(cpu / earlier - 1);
    return [`WORSE: ${name}: ${more} more CPU time (${show(earlier)} before, ${show(cpu)} now)`];
  });
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** By the metric that each belongs to. */
function cpuTimes(rows: Measured[], subject: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const [index, { unit, samples }] of rows.entries()) {
    const own = samples[subject];
    if (own && unit.startsWith("CPU")) times.set(headOf(rows, index).name, middle(own));
  }
  return times;
}
