import assert from "node:assert/strict";
import type { CacheGrowth } from "../../../ui/api/schema/cache.ts";
import type { Status } from "../../../ui/api/schema/status.ts";
import { outlookText } from "../../../ui/api/views/growth.ts";
import { adminFixture } from "../../fake/admin.ts";

const DAY = 86400e3;
const NONE = { bytesPerDay: null, daysUntilFull: null, evictedAfterMs: null };

Deno.test("outlookText, says what is known and nothing else", () => {
  for (
    const [growth, expected] of [
      [NONE, ""],
      [{ ...NONE, bytesPerDay: 2 ** 30 }, ""],
      [{ ...NONE, bytesPerDay: -5 }, ""],
      [
        { ...NONE, bytesPerDay: 2 ** 30, daysUntilFull: 11.7 },
        "Grows 1 GiB per day, full in about 12 days.",
      ],
      [
        { ...NONE, bytesPerDay: 2 ** 30, daysUntilFull: 0 },
        "Grows 1 GiB per day, full in about 1 day.",
      ],
      [{ ...NONE, evictedAfterMs: 9 * DAY }, "Evicted content was unused for 9 d."],
    ] as const
  ) assert.equal(outlookText(growth), expected);
});

Deno.test("growth, told by the API and in the status, with the price of a gigabyte", async () => {
  await using admin = await adminFixture(
    "cache: { max_size: 1GiB, min_free: 0 }\nsavings: { price_per_gb: 0.09, currency: EUR }\n",
  );
  const { storage } = admin.stats;
  for (const gib of [0.1, 0.2, 0.3]) {
    storage.sample(gib * 2 ** 30);
    admin.clock.now += DAY;
  }
  const growth: CacheGrowth = await (await admin.call("/cache/growth")).json();
  assert.deepEqual(
    growth.samples.map(({ bytes }) => bytes),
    [0.1, 0.2, 0.3].map((gib) => gib * 2 ** 30),
  );
  assert.equal(growth.bytesPerDay, Math.round(0.1 * 2 ** 30));
  assert.equal(growth.evictedAfterMs, null);
  const status: Status = await (await admin.call("/status")).json();
  assert.deepEqual(status.price, { perGb: 0.09, currency: "EUR" });
});
