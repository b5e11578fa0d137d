import assert from "node:assert/strict";
import { valkeyCoordinator } from "../../fake/coordinator.ts";
import { FakeClock } from "../../fake/clock.ts";
import { freePort } from "../../fake/ports.ts";

Deno.test("ValkeyCoordinator, one that is away is not said to be back where nobody was asked", async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  await using coordinator = valkeyCoordinator(`redis://127.0.0.1:${freePort()}/0`, {
    clock,
    changed: (problem) => told.push(problem),
  });
  for (let i = 0; i < 40; i++) await clock.advance(500);
  assert.notEqual(coordinator.problem, "");
  assert.deepEqual(told.filter((problem) => problem === ""), []);
});
