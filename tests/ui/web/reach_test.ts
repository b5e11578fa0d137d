import assert from "node:assert/strict";
import { fromLocal, rangeFromQuery, toLocal } from "../../../ui/web/reach.ts";

const NOW = Date.UTC(2026, 0, 31, 12, 0, 30);

Deno.test("rangeFromQuery, a day unless the address asks for more, to the minute", () => {
  const range = (query: string) => {
    const { reach, from, to } = rangeFromQuery(new URLSearchParams(query), NOW);
    return [reach, from.slice(0, 16), to?.slice(0, 16)];
  };
  assert.deepEqual(range(""), ["24h", "2026-01-30T12:00", undefined]);
  assert.deepEqual(range("reach=7d"), ["7d", "2026-01-24T12:00", undefined]);
  assert.deepEqual(range("reach=30d"), ["30d", "2026-01-01T12:00", undefined]);
  assert.deepEqual(range("reach=1y&from=x"), ["24h", "2026-01-30T12:00", undefined]);
  const between = "from=2026-01-20T10:00:00Z&to=2026-01-20T12:30:00%2B01:00";
  assert.deepEqual(range(between), ["between", "2026-01-20T10:00", "2026-01-20T11:30"]);
  assert.deepEqual(range("reach=between"), ["between", "2026-01-30T12:00", undefined]);
});

Deno.test("toLocal, fromLocal, there and back", () => {
  const moment = "2026-07-20T10:00:00.000Z";
  assert.equal(fromLocal(toLocal(moment)), moment);
  assert.deepEqual([fromLocal(""), toLocal(undefined)], ["", ""]);
});
