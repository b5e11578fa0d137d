/**
 * Hundreds of pulls through a Berth that is killed, stopped and attacked, on a disk that fills up, from a
 * registry that cuts, stalls, lies, refuses and goes away, by clients that leave. `SOAK_SEED` repeats
 * the choices of a run that failed; `deno task soak` goes on for longer.
 */
import assert from "node:assert/strict";
import { Dice } from "./soak/dice.ts";
import { soak } from "./soak/soak.ts";

const PULLS = 400;

Deno.test("soak, no wrong byte and no broken promise, whatever strikes", async () => {
  const dice = new Dice(Number(Deno.env.get("SOAK_SEED") ?? Math.floor(Math.random() * 1e9)));
  const tally = await soak({ dice, pullsARound: PULLS, over: () => true });
  const { clean, failed, aborted } = tally.pulls;
  assert.ok(clean + failed + aborted >= PULLS);
  assert.ok(clean > PULLS / 4, `SOAK_SEED=${dice.seed} ${JSON.stringify(tally)}`);
});
