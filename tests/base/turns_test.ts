import assert from "node:assert/strict";
import { turns } from "../../base/turns.ts";

Deno.test("turns, so many at a time, the others in their order, failures too", async () => {
  const turn = turns(2);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const tasks = gates.map(({ promise }, i) =>
    turn(async () => {
      begun.push(i);
      await promise;
    })
  );
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  gates[1]!.reject(new Error("no"));
  await assert.rejects(tasks[1]!);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all([tasks[0], tasks[2], tasks[3]]);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
