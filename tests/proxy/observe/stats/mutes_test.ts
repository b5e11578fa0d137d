import assert from "node:assert/strict";
import { join } from "node:path";
import { UNTIL_OVER } from "../../../../proxy/observe/stats/mutes.ts";
import { openStats } from "../../../../proxy/observe/stats/stats.ts";

Deno.test("Mutes, until their time, until the matter is over, and across a restart", async () => {
  const dir = await Deno.makeTempDir({ prefix: "berth-mutes-" });
  const clock = { now: 1000 };
  const open = () => openStats({ file: join(dir, "stats.db"), now: () => clock.now, flushMs: 0 });
  const first = open();
  first.mutes.set("disk-low", 5000);
  first.mutes.set("registry-failing:docker", UNTIL_OVER);
  first.mutes.set("certificate", 9000);
  first.mutes.set("certificate", undefined);
  first.close();
  const second = open();
  assert.equal(second.mutes.until("disk-low"), 5000);
  assert.equal(second.mutes.until("registry-failing:docker"), UNTIL_OVER);
  assert.equal(second.mutes.until("certificate"), undefined);
  assert.equal(second.totals().since, 1000);
  second.mutes.over("disk-low");
  second.mutes.over("registry-failing:docker");
  assert.equal(second.mutes.until("disk-low"), 5000, "muted for a time, not for a matter");
  assert.equal(second.mutes.until("registry-failing:docker"), undefined);
  clock.now = 5000;
  assert.equal(second.mutes.until("disk-low"), undefined);
  second.close();
  await Deno.remove(dir, { recursive: true });
});
