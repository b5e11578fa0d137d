import assert from "node:assert/strict";
import { isoTime } from "../../base/iso_time.ts";

Deno.test("isoTime, as Date writes it, in whichever order times come", () => {
  const base = Date.UTC(2026, 11, 31, 23, 59, 59);
  for (const offset of [0, 1, 42, 999, 1000, 1001, 999, 86_400_000, 0, -1, 123]) {
    assert.equal(isoTime(base + offset), new Date(base + offset).toISOString());
  }
  assert.equal(isoTime(0), "1970-01-01T00:00:00.000Z");
});
