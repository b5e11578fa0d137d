import assert from "node:assert/strict";
import type { Claim } from "../../../cache/peers/coordinator.ts";
import { Duty } from "../../../cache/peers/duty.ts";

Deno.test("Duty, falls to one, who keeps it until the right to it is lost", async () => {
  let holder: { held: boolean } | undefined;
  const asked: string[] = [];
  const claim = (what: string): Promise<Claim> => {
    asked.push(what);
    if (holder?.held) {
      return Promise.resolve({ kind: "held", leader: { id: "x", address: "x:1", right: "x" } });
    }
    const lease = { held: true, release: () => Promise.resolve() };
    holder = lease;
    return Promise.resolve({ kind: "mine", lease });
  };
  const [one, two] = [new Duty({ claim }, "upkeep"), new Duty({ claim }, "upkeep")];
  assert.deepEqual([await one.turn(), await two.turn()], ["mine", "another's"]);
  assert.deepEqual([await one.turn(), asked.length], ["mine", 2]);
  holder!.held = false;
  assert.deepEqual([await two.turn(), await one.turn()], ["mine", "another's"]);
  assert.deepEqual(new Set(asked), new Set(["upkeep"]));
});

Deno.test("Duty, is nobody's while there is nobody to ask", async () => {
  const claim = (): Promise<Claim> => Promise.resolve({ kind: "alone" });
  assert.equal(await new Duty({ claim }, "upkeep").turn(), "unknown");
});
