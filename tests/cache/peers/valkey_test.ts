import assert from "node:assert/strict";
import { parseHostsUrl } from "../../../base/hosts_url.ts";
import { ValkeyCoordinator } from "../../../cache/peers/valkey.ts";
import { FakeClock } from "../../fake/clock.ts";
import { freePort } from "../../fake/ports.ts";

Deno.test("ValkeyCoordinator, one that is away is not said to be back where nobody was asked", async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  await using coordinator = new ValkeyCoordinator({
    url: parseHostsUrl(`redis://127.0.0.1:${freePort()}/0`)!,
    prefix: "berth",
    memoryKey: new Uint8Array(32),
    documentKeys: [new Uint8Array(32)],
    self: { id: "a", address: "a:8082", version: "1", since: 0, mark: "m" },
    unreached: () => [],
    lease: 1500,
    clock,
    changed: (problem) => told.push(problem),
  });
  for (let i = 0; i < 40; i++) await clock.advance(500);
  assert.notEqual(coordinator.problem, "");
  assert.deepEqual(told.filter((problem) => problem === ""), []);
});
