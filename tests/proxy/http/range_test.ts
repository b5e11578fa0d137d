import assert from "node:assert/strict";
import { hull, parseContentRange, parseRanges } from "../../../proxy/http/range.ts";

Deno.test("parseRanges, byte ranges in the client's order, or nothing", () => {
  const table: [string | null, unknown][] = [
    ["bytes=0-", [{ start: 0 }]],
    ["bytes=5-9", [{ start: 5, end: 9 }]],
    ["bytes=-5", [{ suffix: 5 }]],
    ["Bytes=1-1", [{ start: 1, end: 1 }]],
    ["bytes=9-5", [{ start: 9, end: 5 }]],
    ["bytes=3-4, 0-1,,-2", [{ start: 3, end: 4 }, { start: 0, end: 1 }, { suffix: 2 }]],
    ["bytes=0-1,9-5", undefined],
    ["bytes=0-1,x", undefined],
    [null, undefined],
    ["bytes=", undefined],
    ["bytes=-", undefined],
    ["items=0-1", undefined],
    ["bytes=1e3-", undefined],
    ["bytes=99999999999999999999-", undefined],
  ];
  for (const [header, expected] of table) assert.deepEqual(parseRanges(header), expected, header!);
});

Deno.test("hull, the smallest range that covers several", () => {
  const table: [string, unknown][] = [
    ["bytes=5-9", { start: 5, end: 9 }],
    ["bytes=0-1,5-6", { start: 0, end: 6 }],
    ["bytes=50-60,5-6,7-99", { start: 5, end: 99 }],
    ["bytes=5-6,100-", { start: 5 }],
    ["bytes=-5,-50", { suffix: 50 }],
    ["bytes=-0,-0", { suffix: 0 }],
    ["bytes=5-6,-0", { start: 5, end: 6 }],
    ["bytes=5-6,-50", { start: 0 }],
    ["bytes=0-,-50", { start: 0 }],
  ];
  for (const [header, expected] of table) {
    assert.deepEqual(hull(parseRanges(header)!), expected, header);
  }
});

Deno.test("parseContentRange, with and without a total", () => {
  assert.deepEqual(parseContentRange("bytes 5-9/100"), { start: 5, end: 9, total: 100 });
  assert.deepEqual(parseContentRange("bytes 5-9/*"), { start: 5, end: 9, total: undefined });
  assert.equal(parseContentRange("bytes */100"), undefined);
  assert.equal(parseContentRange(null), undefined);
});
