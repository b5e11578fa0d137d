/** What got worse since an earlier run. */
import { type Measured, middle, show } from "./table.ts";

/** CPU time holds from run to run where throughput does not; less than this is still noise. */
const LIMIT = 0.15;

/** A line for each row in which `subject` spends over 15 % more CPU time than in the run `before`. */
export function worse(before: Measured[], now: Measured[], subject: string): string[] {
  const known = cpuTimes(before, subject);
  return [...cpuTimes(now, subject)].flatMap(([name, cpu]) => {
    const earlier = known.get(name);
    if (!earlier || cpu <= earlier * (1 + LIMIT)) return [];
    const percent = Math.round((cpu / earlier - 1) * 100);
    return [`${name}: ${percent} % more CPU time (${show(earlier)} before, ${show(cpu)} now)`];
  });
}

/** By the metric that each belongs to, which stands before it. */
function cpuTimes(rows: Measured[], subject: string): Map<string, number> {
  const times = new Map<string, number>();
  let of = "";
  for (const { name, unit, samples } of rows) {
    if (!name.startsWith("…")) of = name;
    const own = samples[subject];
    if (own && unit.startsWith("CPU")) times.set(of, middle(own));
  }
  return times;
}
