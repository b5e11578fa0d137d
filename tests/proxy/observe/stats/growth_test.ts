import assert from "node:assert/strict";
import { growthOf } from "../../../../proxy/observe/stats/growth.ts";

const DAY = 86400e3;
const GIB = 2 ** 30;

/** A sample a day, in GiB; undefined where there is none. */
const daily = (sizes: (number | undefined)[]) =>
  sizes.flatMap((size, day) => size === undefined ? [] : [{ time: day * DAY, bytes: size * GIB }]);

const CASES: [
  name: string,
  sizes: (number | undefined)[],
  room: number | undefined,
  expected: [perDay: number, days: number | null] | undefined,
][] = [
  ["nothing", [], 10, undefined],
  ["one day", [5], 10, undefined],
  ["two days", [5, 6], 10, undefined],
  ["three samples within a day and a half", [1, 2], 10, undefined],
  ["steady growth", [1, 2, 3, 4], 10, [1, 10]],
  ["growth with a gap", [1, undefined, undefined, 4, 5], 2, [1, 2]],
  ["ups and downs that grow", [10, 12, 11, 13, 12, 14], 60, [22 / 35, 60 / (22 / 35)]],
  ["standing still", [7, 7, 7, 7], 10, [0, null]],
  ["shrinking", [9, 8, 7], 10, [-1, null]],
  ["full already", [8, 9, 10], 0, [1, 0]],
  ["over the limit", [8, 9, 10], -1, [1, 0]],
  ["no limit", [1, 2, 3], undefined, [1, null]],
  ["more than a year", [1, 1.001, 1.002], 10, [0.001, null]],
];

Deno.test("growthOf, slope and days until full", () => {
  for (const [name, sizes, room, expected] of CASES) {
    const found = growthOf(daily(sizes), room === undefined ? undefined : room * GIB);
    if (!expected) {
      assert.equal(found, undefined, name);
      continue;
    }
    const [perDay, days] = expected;
    assert.ok(Math.abs(found!.bytesPerDay / GIB - perDay) < 1e-9, `${name}: ${found!.bytesPerDay}`);
    if (days === null) assert.equal(found!.daysUntilFull, null, name);
    else {assert.ok(
        Math.abs(found!.daysUntilFull! - days) < 1e-6,
        `${name}: ${found!.daysUntilFull}`,
      );}
  }
});
