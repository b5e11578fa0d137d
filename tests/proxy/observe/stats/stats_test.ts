import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStats } from "../../../../proxy/observe/stats/stats.ts";
import { record } from "../../../fake/records.ts";

const MINUTE = 60e3;
const NOON = Date.UTC(2026, 0, 15, 12);

function fixture(file = ":memory:") {
  const clock = { now: NOON };
  const stats = openStats({ file, now: () => clock.now, flushMs: 0 });
  return { clock, stats };
}

Deno.test("Stats, totals of all and of each registry", () => {
  const { stats } = fixture();
  stats.sink(record({ time: NOON, bytes: 100 }));
  stats.sink(record({ time: NOON, cache: "miss", bytes: 50, upstreamBytes: 50 }));
  stats.sink(record({ time: NOON, cache: "stale", bytes: 7 }));
  stats.sink(record({ time: NOON, registry: "quay", cache: "none", status: 502, bytes: 0 }));
  const { all, registries, since } = stats.totals();
  assert.deepEqual(
    [all.requests, all.hits, all.misses, all.stale, all.errors],
    [4, 1, 1, 1, 1],
  );
  assert.deepEqual([all.bytesFromCache, all.bytesFromUpstream, since], [107, 50, NOON]);
  assert.equal(registries.get("docker")?.requests, 3);
  assert.equal(registries.get("quay")?.errors, 1);
  stats.close();
});

Deno.test("Stats, series by minute, hour and day, with what is not written yet", () => {
  const { stats } = fixture();
  for (const time of [NOON, NOON + 59e3, NOON + MINUTE]) stats.sink(record({ time }));
  stats.flush();
  stats.sink(record({ time: NOON + MINUTE, registry: "quay" }));
  stats.sink(record({ time: NOON + 90 * MINUTE }));
  const requests = (step: "minute" | "hour" | "day", registry?: string) =>
    stats.series(step, NOON, NOON + 100 * MINUTE, registry).map(({ start, counts }) => [
      (start - NOON) / MINUTE,
      counts.requests,
    ]);
  assert.deepEqual(requests("minute"), [[0, 2], [1, 2], [90, 1]]);
  assert.deepEqual(requests("minute", "quay"), [[0, 0], [1, 1], [90, 0]]);
  assert.deepEqual(requests("hour"), [[0, 4], [60, 1]]);
  assert.deepEqual(requests("day"), [[-720, 5]]);
  assert.equal(stats.byRegistry("hour", NOON, NOON + MINUTE).get("docker")?.requests, 3);
  stats.close();
});

Deno.test("Stats, survive a restart and forget what is old", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "stats.db");
  const first = fixture(file).stats;
  first.sink(record({ time: NOON, cache: "miss", upstreamBytes: 1e6, upstreamStatus: 200 }));
  const pace = first.pace("docker");
  first.close();

  const second = fixture(file);
  assert.equal(second.stats.totals().all.requests, 1);
  assert.deepEqual(second.stats.pace("docker"), pace);
  assert.ok(pace.bytesPerSecond > 0);
  second.clock.now += 32 * 86400e3;
  second.stats.flush();
  const lengths = (["minute", "hour", "day"] as const).map((step) =>
    second.stats.series(step, 0, second.clock.now + 1).length
  );
  assert.deepEqual(lengths, [1, 1, 2], "now, and the day that was counted");
  assert.equal(second.stats.totals().all.requests, 1);
  second.stats.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("Stats, a write that fails loses nothing and says why", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "stats.db");
  const { stats } = fixture(file);
  stats.sink(record({ time: NOON }));
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  stats.flush();
  assert.match(stats.writeError, /locked/);
  other.exec("COMMIT");
  other.close();
  stats.flush();
  assert.equal(stats.writeError, "");
  assert.equal(stats.series("minute", NOON, NOON + 1)[0]?.counts.requests, 1);
  stats.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("Stats, an idle minute is zero, a minute without Berth is a gap", () => {
  const { clock, stats } = fixture();
  stats.flush();
  clock.now += 5 * MINUTE;
  stats.flush();
  const points = stats.series("minute", NOON, NOON + 10 * MINUTE);
  assert.deepEqual(points.map(({ start, counts }) => [start - NOON, counts.requests]), [
    [0, 0],
    [5 * MINUTE, 0],
  ]);
  stats.close();
});

Deno.test("Stats, the last minute slides", () => {
  const { clock, stats } = fixture();
  stats.sink(record());
  clock.now += 59e3;
  stats.sink(record());
  assert.equal(stats.lastMinute().requests, 2);
  clock.now += 1e3;
  assert.equal(stats.lastMinute().requests, 1);
  clock.now += 600e3;
  assert.equal(stats.lastMinute().requests, 0);
  stats.close();
});

Deno.test("Stats, what is read late counts at the time when it happened", () => {
  const { clock, stats } = fixture();
  for (let i = 0; i < 3; i++) stats.sink(record({ time: clock.now, bytes: 1 }));
  clock.now += MINUTE;
  stats.sink(record({ time: clock.now, registry: "quay", bytes: 10 }));
  stats.addUpstreamBytes("quay", 5);
  const { requests, bytesFromCache, bytesFromUpstream } = stats.lastMinute();
  assert.deepEqual([requests, bytesFromCache, bytesFromUpstream], [1, 10, 5]);
  const minutes = stats.series("minute", NOON, clock.now + 1);
  assert.deepEqual(minutes.map(({ counts }) => counts.requests), [3, 1]);
  assert.equal(stats.totals().all.requests, 4);
  assert.equal(stats.totals().all.bytesFromCache, 13, "and once only");
  stats.close();
});

Deno.test("openStats, keeps what an older version has counted", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "stats.db");
  const older = new DatabaseSync(file);
  older.exec(`CREATE TABLE counts (step INTEGER, start INTEGER, registry TEXT,
      requests REAL NOT NULL, pulls REAL NOT NULL, hits REAL NOT NULL, misses REAL NOT NULL,
      stale REAL NOT NULL, errors REAL NOT NULL, bytesFromCache REAL NOT NULL,
      bytesFromUpstream REAL NOT NULL, timeSavedMs REAL NOT NULL,
      PRIMARY KEY (step, start, registry)) STRICT, WITHOUT ROWID;
    CREATE TABLE paces (registry TEXT PRIMARY KEY, bytes_per_second REAL, latency_ms REAL) STRICT;
    CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER) STRICT;
    INSERT INTO counts VALUES (0, 0, 'docker', 7, 1, 5, 2, 0, 1, 100, 50, 9);
    PRAGMA user_version = 1;`);
  older.close();
  const { stats } = fixture(file);
  stats.sink(record({ status: 404, cache: "none" }));
  const { all } = stats.totals();
  assert.deepEqual([all.requests, all.hits, all.errors, all.refused], [8, 5, 1, 1]);
  assert.equal(stats.sinceStart().get("docker")?.requests, 1);
  stats.close();
  const again = fixture(file).stats;
  assert.equal(again.totals().all.refused, 1);
  again.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("openStats, a damaged file or one of a newer version is moved aside", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "stats.db");
  await Deno.writeTextFile(file, "this is no database, however long it may be");
  fixture(file).stats.close();
  assert.match(await Deno.readTextFile(`${file}.damaged`), /no database/);

  const newer = new DatabaseSync(file);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  const { stats } = fixture(file);
  stats.sink(record());
  assert.equal(stats.totals().all.requests, 1);
  stats.close();
  await Deno.remove(dir, { recursive: true });
});
