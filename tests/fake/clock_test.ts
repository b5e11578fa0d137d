import assert from "node:assert/strict";
import { FakeClock } from "./clock.ts";

Deno.test("FakeClock, runs timers in order and wakes sleepers", async () => {
  const clock = new FakeClock(0);
  const order: string[] = [];
  clock.after(20, () => order.push("b"));
  clock.after(10, () => order.push("a"));
  const sleeping = clock.delay(15).then(() => order.push(`slept ${clock.now()}`));
  await clock.advance(30);
  await sleeping;
  assert.deepEqual(order, ["a", "slept 15", "b"]);
  assert.equal(clock.now(), 30);
  const abort = new AbortController();
  const cancelled = clock.delay(5, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled, /enough/);
  assert.equal(clock.pending, 0);
});
