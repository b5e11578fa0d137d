import assert from "node:assert/strict";
import { parseContentRange, parseRange } from "../../../proxy/http/range.ts";

Deno.test("parseRange, single byte ranges only", () => {
  const table: [string | null, unknown][] = [
    ["bytes=0-", { start: 0 }],
    ["bytes=5-9", { start: 5, end: 9 }],
    ["bytes=-5", { suffix: 5 }],
    ["Bytes=1-1", { start: 1, end: 1 }],
    [null, undefined],
    ["bytes=9-5", { start: 9, end: 5 }],
    ["bytes=0-1,3-4", undefined],
    ["bytes=-", undefined],
    ["items=0-1", undefined],
    ["bytes=1e3-", undefined],
    ["bytes=99999999999999999999-", undefined],
  ];
  for (const [header, expected] of table) assert.deepEqual(parseRange(header), expected, header!);
});

Deno.test("parseContentRange, with and without a total", () => {
  assert.deepEqual(parseContentRange("bytes 5-9/100"), { start: 5, end: 9, total: 100 });
  assert.deepEqual(parseContentRange("bytes 5-9/*"), { start: 5, end: 9, total: undefined });
  assert.equal(parseContentRange("bytes */100"), undefined);
  assert.equal(parseContentRange(null), undefined);
});
