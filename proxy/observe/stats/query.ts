/** Answers "what was asked over this span": picks the step, adds up, compares. */
import type { Point, Stats } from "./stats.ts";
import { add, type Counts, zero } from "./counts.ts";
import { KEEP, STEPS } from "./store.ts";

type Stored = "minute" | "hour" | "day";

export interface Span {
  /** Unix milliseconds; `to` is exclusive. */
  from: number;
  to: number;
}

export interface SpanStats extends Span {
  /** Milliseconds of one step of `series`. */
  stepMs: number;
  total: Counts;
  /** The same length of time just before; undefined where nothing is known of it. */
  previous: Counts | undefined;
  /** By registry, the busiest first; what was not asked is absent. */
  registries: { name: string; counts: Counts }[];
  series: Point[];
}

const PERIODS = { "1h": STEPS.hour, "24h": STEPS.day, "30d": 30 * STEPS.day } as const;
const TEN_MINUTES = 10 * STEPS.minute;

/** The span of `period` that ends at `now`, or the part of it that `from` and `to` leave. */
export function spanOf(
  period: keyof typeof PERIODS,
  now: number,
  { from, to }: { from?: number | undefined; to?: number | undefined },
): Span {
  const end = Math.min(to ?? now, now) + (to === undefined ? 1 : 0);
  const begin = from ?? end - PERIODS[period];
  return { from: Math.max(0, Math.min(begin, end - STEPS.minute)), to: end };
}

/** Statistics over `span`, of one registry or of all. Its begin is moved to that of a step. */
export function queryStats(
  stats: Stats,
  span: Span,
  now: number,
  registry?: string,
): SpanStats {
  const stepMs = stepFor(span, now);
  const from = span.from - span.from % stepMs + (span.from % stepMs > 0 ? stepMs : 0);
  const stored = storedFor(stepMs);
  const series = widen(stats.series(stored, from, span.to, registry), stepMs);
  const total = sum(series.map(({ counts }) => counts));
  const registries = [...stats.byRegistry(stored, from, span.to)]
    .filter(([name, { requests }]) =>
      name !== "" && requests > 0 && (registry === undefined || name === registry)
    )
    .map(([name, counts]) => ({ name, counts }))
    .sort((a, b) => b.counts.requests - a.counts.requests || a.name.localeCompare(b.name));
  const previous = before(stats, { from, to: span.to }, now, registry);
  return { from, to: span.to, stepMs, total, previous, registries, series };
}

/** The finest step that is still kept for all of `span` and makes no more than some 180 points. */
function stepFor({ from, to }: Span, now: number): number {
  const length = to - from;
  const kept = (step: Stored) => now - from <= KEEP[step];
  if (length <= 3 * STEPS.hour && kept("minute")) return STEPS.minute;
  if (length <= STEPS.day + STEPS.minute && kept("minute")) return TEN_MINUTES;
  if (length <= 7 * STEPS.day && kept("hour")) return STEPS.hour;
  return STEPS.day;
}

function storedFor(stepMs: number): Stored {
  if (stepMs === STEPS.day) return "day";
  return stepMs === STEPS.hour ? "hour" : "minute";
}

function before(
  stats: Stats,
  { from, to }: Span,
  now: number,
  registry: string | undefined,
): Counts | undefined {
  const earlier = from - (to - from);
  const stored = (["minute", "hour", "day"] as const).find((step) => now - earlier <= KEEP[step]);
  const points = stored ? stats.series(stored, earlier, from, registry) : [];
  return points.length > 0 ? sum(points.map(({ counts }) => counts)) : undefined;
}

function widen(points: Point[], stepMs: number): Point[] {
  const wide = new Map<number, Counts>();
  for (const { start, counts } of points) {
    const step = start - start % stepMs;
    const known = wide.get(step);
    if (known) add(known, counts);
    else wide.set(step, { ...counts });
  }
  return [...wide].map(([start, counts]) => ({ start, counts }));
}

function sum(all: Counts[]): Counts {
  const total = zero();
  for (const counts of all) add(total, counts);
  return total;
}
