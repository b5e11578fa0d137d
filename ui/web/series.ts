/** Points of the statistics made into columns for a stacked chart. */
export interface Columns {
  /** Middle of each step, Unix seconds as uPlot wants them. */
  x: number[];
  /** For each series, bottom first: its own values; null in a gap. */
  values: (number | null)[][];
  /** For each series, bottom first: its values on top of those below. */
  tops: (number | null)[][];
}

/**
 * Columns of `points` over `[from, to)`. A step without a point is a gap, which draws nothing and
 * is not a zero.
 */
export function toColumns<P extends { time: number }>(
  points: readonly P[],
  span: { from: number; to: number; stepMs: number },
  series: readonly ((point: P) => number)[],
): Columns {
  const byStep = new Map(points.map((point) => [Math.floor(point.time / span.stepMs), point]));
  const first = Math.floor(span.from / span.stepMs);
  const last = Math.max(first, Math.ceil(span.to / span.stepMs) - 1);
  const columns: Columns = { x: [], values: series.map(() => []), tops: series.map(() => []) };
  for (let step = first; step <= last; step++) {
    const point = byStep.get(step);
    columns.x.push((step + 0.5) * span.stepMs / 1000);
    let top = 0;
    series.forEach((pick, i) => {
      const value = point ? pick(point) : null;
      top += value ?? 0;
      columns.values[i]!.push(value);
      columns.tops[i]!.push(value === null ? null : top);
    });
  }
  return columns;
}

/** Steps between the lines of a chart's scale, in bytes: 1, 2, 5, 10 … of each binary unit. */
export const BYTE_STEPS: readonly number[] = [0, 1, 2, 3, 4, 5].flatMap((power) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map((step) => step * 1024 ** power)
);

/** Steps between the lines of a chart's scale, whole numbers: 1, 2, 5, 10 … */
export const COUNT_STEPS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) =>
  [1, 2, 5].map((step) => step * 10 ** power)
);

/** The steps of `[from, to)` that a dragged range touches, as whole steps in Unix milliseconds. */
export function wholeSteps(
  range: { from: number; to: number },
  span: { from: number; to: number; stepMs: number },
): { from: number; to: number } {
  const from = Math.max(span.from, Math.floor(range.from / span.stepMs) * span.stepMs);
  const to = Math.min(span.to, Math.ceil(range.to / span.stepMs) * span.stepMs);
  return { from, to: Math.max(to, from + span.stepMs) };
}
