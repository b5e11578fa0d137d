import assert from "node:assert/strict";
import { join } from "node:path";
import { openStats } from "../../../../proxy/observe/stats/stats.ts";
import { evicted } from "../../../fake/evicted.ts";

const DAY = 86400e3;
const START = Date.UTC(2026, 0, 10, 12);

Deno.test("storage days, one sample a day, the latest; kept over a restart", async () => {
  const dir = await Deno.makeTempDir();
  const clock = { now: START };
  const open = () => openStats({ file: join(dir, "stats.db"), now: () => clock.now, flushMs: 0 });
  let stats = open();
  stats.storage.sample(100);
  stats.storage.sample(110);
  clock.now += DAY;
  stats.storage.sample(120);
  stats.storage.observe(evicted({ lastUsed: clock.now - 4 * DAY }));
  stats.close();
  stats = open();
  clock.now += DAY;
  stats.storage.sample(130);
  stats.flush();
  assert.deepEqual(stats.storage.samples().map(({ bytes }) => bytes), [110, 120, 130]);
  assert.deepEqual(
    stats.storage.samples().map(({ time }) => new Date(time).getUTCDate()),
    [10, 11, 12],
  );
  assert.equal(stats.storage.evictedAfterMs, 4 * DAY);
  clock.now += 60 * DAY;
  stats.storage.sample(140);
  stats.close();
  stats = open();
  assert.deepEqual(stats.storage.samples().map(({ bytes }) => bytes), [140]);
  assert.equal(stats.storage.evictedAfterMs, null);
  stats.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("storage days, evictions for room alone tell how long unused content stays", () => {
  const stats = openStats({ file: ":memory:", now: () => START, flushMs: 0 });
  const { storage } = stats;
  assert.equal(storage.evictedAfterMs, null);
  storage.observe(evicted({ lastUsed: START - 2 * DAY }));
  storage.observe(evicted({ lastUsed: START - 4 * DAY, reason: "disk" }));
  storage.observe(evicted({ lastUsed: START - 90 * DAY, reason: "age" }));
  storage.observe(evicted({ lastUsed: START, reason: "asked" }));
  assert.equal(storage.evictedAfterMs, 3 * DAY);
  stats.close();
});
