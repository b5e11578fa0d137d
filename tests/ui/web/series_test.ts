import assert from "node:assert/strict";
import type { Point } from "../../../ui/api/schema/stats.ts";
import { toColumns, wholeSteps } from "../../../ui/web/series.ts";

const HOUR = 3600e3;
const point = (time: number, hits: number, misses: number): Point => ({
  time,
  hits,
  misses,
  requests: hits + misses,
  pulls: 0,
  stale: 0,
  errors: 0,
  refused: 0,
  bytesFromCache: 0,
  bytesFromUpstream: 0,
  timeSavedMs: 0,
});
const SERIES = [({ hits }: Point) => hits, ({ misses }: Point) => misses];

Deno.test("toColumns, stacks values and leaves gaps as gaps", () => {
  const span = { from: 0, to: 3 * HOUR, stepMs: HOUR };
  const columns = toColumns([point(0, 5, 2), point(2 * HOUR, 0, 1)], span, SERIES);
  assert.deepEqual(columns.x, [1800, 5400, 9000]);
  assert.deepEqual(columns.values, [[5, null, 0], [2, null, 1]]);
  assert.deepEqual(columns.tops, [[5, null, 0], [7, null, 1]]);
});

Deno.test("toColumns, a span that begins and ends within steps shows these whole", () => {
  const span = { from: HOUR / 2, to: 2 * HOUR + 1, stepMs: HOUR };
  assert.deepEqual(toColumns([], span, SERIES).x, [1800, 5400, 9000]);
});

Deno.test("wholeSteps, what a dragged range touches, never less than a step", () => {
  const span = { from: 0, to: 24 * HOUR, stepMs: HOUR };
  const range = (from: number, to: number) =>
    wholeSteps({ from: from * HOUR, to: to * HOUR }, span);
  assert.deepEqual(range(2.5, 4.1), { from: 2 * HOUR, to: 5 * HOUR });
  assert.deepEqual(range(3.2, 3.3), { from: 3 * HOUR, to: 4 * HOUR });
  assert.deepEqual(range(-1, 30), { from: 0, to: 24 * HOUR });
});
