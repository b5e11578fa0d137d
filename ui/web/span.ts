/** Which stretch of time the figures are about, as the address says. */
import type { Period } from "../api/schema/stats.ts";
import { now } from "./clock.ts";
import { formatStep } from "./format.ts";

export interface Span {
  period: Period;
  /** A range within it, Unix milliseconds, as dragged over a chart; undefined: all of it. */
  range: { from: number; to: number } | undefined;
}

/** The span in a query: `period=24h`, with `from` and `to` where a range was chosen. */
export function spanFromQuery(query: URLSearchParams): Span {
  const asked = query.get("period");
  const period = asked === "1h" || asked === "30d" ? asked : "24h";
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  const valid = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from > 0 && to > from;
  return { period, range: valid ? { from, to } : undefined };
}

const LENGTHS: Record<Period, number> = { "1h": 3600e3, "24h": 86400e3, "30d": 30 * 86400e3 };

/** The requests that a figure of `span` counts as errors or as refused, of all or of one registry. */
export function failuresPath(what: "errors" | "refused", span: Span, registry?: string): string {
  const { from, to } = span.range ?? { from: now.peek() - LENGTHS[span.period], to: undefined };
  const query = new URLSearchParams({ [what]: "true", from: String(from) });
  if (to !== undefined) query.set("to", String(to));
  if (registry !== undefined) query.set("registry", registry);
  return `/activity?${query}`;
}

const NAMES: Record<Period, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "30d": "Last 30 days",
};

/** The span as a heading: `Last 24 hours`, `21 Nov, 14:00 to 16:00`. */
export function spanName({ period, range }: Span, now: number): string {
  if (!range) return NAMES[period];
  const short = range.to - range.from < 3 * 86400e3;
  const step = short ? 60e3 : 86400e3;
  return `${formatStep(range.from, step, now)} to ${formatStep(range.to, step, now)}`;
}

const BEFORE: Record<Period, string> = {
  "1h": "the hour before",
  "24h": "the day before",
  "30d": "the 30 days before",
};

/** The stretch of the same length just before: `the day before`. */
export function spanBefore({ period, range }: Span): string {
  return range ? "just before" : BEFORE[period];
}
