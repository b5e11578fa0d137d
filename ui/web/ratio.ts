/** What counters say about the cache. */
import type { Counters } from "../api/schema/stats.ts";

/** Requests that the cache answered, stale ones included. */
export const served = ({ hits, stale }: Counters): number => hits + stale;

/** Requests that the cache could have answered. */
export const cacheable = (counters: Counters): number => served(counters) + counters.misses;

/** `a - b`, counter by counter. */
export function difference(a: Counters, b: Counters): Counters {
  return mapCounters(a, (name) => Math.max(0, a[name] - b[name]));
}

/** `a + b`, counter by counter. */
export function sum(a: Counters, b: Counters): Counters {
  return mapCounters(a, (name) => a[name] + b[name]);
}

function mapCounters(like: Counters, value: (name: keyof Counters) => number): Counters {
  const names = Object.keys(like) as (keyof Counters)[];
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Counters;
}

/**
 * How the hit ratio moved, in words: `3 points more than before`; empty where there is nothing to
 * compare or it hardly moved.
 */
export function ratioChange(now: Counters, before: Counters | null, name: string): string {
  if (!before || cacheable(now) === 0 || cacheable(before) === 0) return "";
  const points = Math.round(
    (served(now) / cacheable(now) - served(before) / cacheable(before)) * 100,
  );
  if (points === 0) return `As in ${name}`;
  const unit = Math.abs(points) === 1 ? "point" : "points";
  return `${Math.abs(points)} ${unit} ${points > 0 ? "more" : "less"} than ${name}`;
}
