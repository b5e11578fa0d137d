/** What several Berths would ask a registry at the same moment, asked by one of them. */
import { type Clock, delayBy } from "../../base/clock.ts";
import type { TakeTurn } from "../../base/turn.ts";

/** Milliseconds between two looks at what the other one was told, and at whether it still asks. */
const LOOK_EVERY = 25;
const TURN_EVERY = 250;
/** Milliseconds after which everybody asks for themselves. */
const PATIENCE = 2000;

/**
 * What another one was told, as soon as `told` has it, or what `ask` resolves to when it is this
 * one's turn, or nobody's, or the other one takes its time.
 */
export async function inTurn<T>(
  what: string,
  { turn: take, clock, told }: {
    turn: TakeTurn;
    clock: Pick<Clock, "after">;
    told: () => T | undefined;
  },
  ask: () => Promise<T>,
): Promise<T> {
  let turn = await take(what);
  for (let waited = 0; turn.kind === "another's" && waited < PATIENCE; waited += LOOK_EVERY) {
    const known = told();
    if (known !== undefined) return known;
    await delayBy(clock.after, LOOK_EVERY);
    if ((waited + LOOK_EVERY) % TURN_EVERY === 0) turn = await take(what);
  }
  try {
    // Whoever had the turn before has let go of it after being told.
    return told() ?? await ask();
  } finally {
    if (turn.kind === "mine") turn.done();
  }
}
