/** Made-up statistics: working hours, a gap, and an outage if any. */
import type { Counters, Point, Stats } from "../../../ui/api/schema/stats.ts";
import { DAY, HOUR, MIB, MINUTE, randomNumbers, type Scenario, SHARES } from "./world.ts";

export function countersOf(requests: number, ratio: number, errors = 0): Counters {
  const hits = Math.round(requests * ratio);
  const misses = requests - hits;
  return {
    requests,
    pulls: Math.round(requests / 8),
    hits,
    misses,
    stale: 0,
    errors,
    refused: Math.round(requests / 90),
    bytesFromCache: Math.round(hits * 6.2 * MIB),
    bytesFromUpstream: Math.round(misses * 6.9 * MIB),
    timeSavedMs: hits * 640,
  };
}

export const NOTHING = countersOf(0, 0);

function sumOf(points: readonly Counters[]): Counters {
  const total = { ...NOTHING };
  for (const point of points) {
    for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += point[name];
  }
  return total;
}

const STEPS = { "1h": MINUTE, "24h": HOUR, "30d": DAY } as const;
const SPANS = { "1h": HOUR, "24h": DAY, "30d": 30 * DAY } as const;

/** Statistics over a period (or a range of it) with working hours, a gap, and an outage if any. */
export function statsOf(
  scenario: Scenario,
  period: "1h" | "24h" | "30d",
  now: number,
  range?: { from: number; to: number },
): Stats {
  const to = range?.to ?? now;
  const from = range?.from ?? to - SPANS[period];
  const length = to - from;
  const stepMs = range
    ? (length <= 3 * HOUR ? MINUTE : length <= 3 * DAY ? HOUR : DAY)
    : STEPS[period];
  const series: Point[] = [];
  for (let time = Math.floor(from / stepMs) * stepMs; time < to; time += stepMs) {
    if (scenario === "empty") break;
    const age = (now - time) / stepMs;
    if (!range && age > 15 && age < 18) continue;
    series.push({ time, ...pointAt(scenario, time, stepMs, age) });
  }
  const total = sumOf(series);
  return {
    period,
    from,
    to,
    since: now - 41 * DAY,
    stepMs,
    total,
    previous: scenario === "empty" ? null : countersOf(Math.round(total.requests * 0.93), 0.83, 4),
    registries: scenario === "empty" ? [] : Object.entries(SHARES).map(([name, share]) => ({
      name,
      ...countersOf(
        Math.round(total.requests * share),
        name === "harbor" ? 0.97 : 0.9 - share / 6,
        name === "quay" && scenario === "trouble" ? total.errors : 0,
      ),
    })),
    series,
    members: scenario === "empty" ? null : {
      asked: 3,
      silent: scenario === "trouble" ? ["berth-d41e07"] : [],
    },
  };
}

function pointAt(scenario: Scenario, time: number, stepMs: number, age: number): Counters {
  const random = randomNumbers(Math.floor(time / stepMs));
  const hour = new Date(time).getUTCHours();
  const busy = stepMs >= DAY
    ? (new Date(time).getUTCDay() % 6 === 0 ? 0.3 : 1)
    : hour > 6 && hour < 19
    ? 1
    : 0.25;
  const requests = Math.round((120 + random() * 180) * busy * Math.max(0.35, stepMs / HOUR));
  const counters = countersOf(requests, 0.78 + random() * 0.18);
  if (scenario === "trouble" && age < 3) {
    const stale = Math.round(counters.hits * 0.4);
    return { ...counters, hits: counters.hits - stale, stale, errors: Math.round(requests * 0.06) };
  }
  return counters;
}
