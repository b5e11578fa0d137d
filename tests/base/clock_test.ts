import assert from "node:assert/strict";
import process from "node:process";
import { every, systemClock } from "../../base/clock.ts";
import { FakeClock, settle } from "../fake/clock.ts";

Deno.test("systemClock, delay ends by itself or with its signal, and leaves no timer", async () => {
  await systemClock.delay(0);
  const controller = new AbortController();
  const waiting = systemClock.delay(1e6, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(systemClock.delay(1e6, controller.signal), /enough/);
  systemClock.after(1e6, () => assert.fail("it was stopped"))();
});

Deno.test("systemClock, what was due already comes, and nothing is printed about it", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => void warnings.push(warning);
  process.on("warning", listen);
  try {
    await systemClock.delay(-45);
    await settle();
  } finally {
    process.off("warning", listen);
  }
  assert.deepEqual(warnings, []);
});

Deno.test("every, waits for a slow task, outlives a failing one, ends with its signal", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const failures: unknown[] = [];
  let runs = 0;
  let release = () => {};
  const series = every(clock, 1000, stop.signal, () => {
    runs++;
    if (runs === 1) throw new Error("first");
    return new Promise((resolve) => release = resolve);
  }, (error) => failures.push(error));
  await clock.advance(1000);
  assert.deepEqual([runs, failures.length], [1, 1]);
  await clock.advance(5000);
  assert.equal(runs, 2, "the second one has not come back");
  release();
  await settle();
  await clock.advance(1000);
  assert.equal(runs, 3);
  release();
  stop.abort();
  await series;
});
