import assert from "node:assert/strict";
import { Garbage } from "../../base/garbage.ts";

Deno.test("Garbage, is collected once after the start and after each time of work, as soon as that is over", () => {
  let work = 0;
  let collected = 0;
  const garbage = new Garbage(() => work, () => collected++);
  for (let i = 0; i < 3; i++) garbage.collect();
  assert.equal(collected, 1, "what the start has left behind");
  for (work = 1; work < 5; work++) garbage.collect();
  work--;
  assert.equal(collected, 1, "it goes on");
  for (let i = 0; i < 3; i++) garbage.collect();
  assert.equal(collected, 2);
  work++;
  for (let i = 0; i < 3; i++) garbage.collect();
  assert.equal(collected, 3);
});
