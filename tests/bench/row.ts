/** What a row of the bench is. */
import type { Contender, Starters } from "./contender.ts";
import type { Berths } from "./contenders.ts";
import type { Scale } from "./scale.ts";
import type { Upstream } from "./upstream.ts";

/** A number that is measured, and how the table shows it. */
export interface Metric {
  name: string;
  unit: "MB/s" | "req/s" | "s" | "ms" | "MB" | "CPU s/GB" | "CPU s/1000" | "";
  better: "more" | "less";
}

/** One round: a sample for each metric, in their order. */
export type Round = () => Promise<number[]>;

export interface Row {
  /** What `--rows` selects it by. */
  name: string;
  metrics(scale: Scale): Metric[];
  /** Who competes, where it is not the usual caches. */
  starters?(berths: Berths): Starters;
  /** For a row that is measured once: too slow, or of one kind, to be repeated. */
  once?: boolean;
  /** Prepares a contender that has just started with an empty cache. */
  prepare(contender: Contender, upstream: Upstream, scale: Scale): Promise<Round> | Round;
}

/** A metric and the CPU time that the contender's processes spend on it. */
export function withCpu(
  metric: Metric,
  unit: "CPU s/GB" | "CPU s/1000",
): [Metric, Metric] {
  return [metric, { name: "… CPU time", unit, better: "less" }];
}

/** Peak memory of the contender's processes since they started. */
export const PEAK_MEMORY: Metric = { name: "… peak memory", unit: "MB", better: "less" };

/** 10⁶ bytes, as rates and memory are shown. */
export function megabytes(bytes: number): number {
  return bytes / 1e6;
}

/** The megabytes a second at which `contender` moves bytes in `work`, and its CPU seconds a GB. */
export async function rateAndCpu(
  contender: Contender,
  work: () => Promise<{ bytes: number; milliseconds: number }>,
): Promise<[rate: number, cpu: number]> {
  const before = await contender.cpuSeconds();
  const { bytes, milliseconds } = await work();
  const cpu = await contender.cpuSeconds() - before;
  return [bytes / 1000 / milliseconds, cpu / (bytes / 1e9)];
}
