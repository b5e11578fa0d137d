/** Rows kept where they outlive every disk, by one of several Berths for all. */
import { type Clock, every } from "../../base/clock.ts";
import type { RowSnapshot } from "../change.ts";
import type { KeptRows } from "../depot_options.ts";
import type { Duty } from "../peers/duty.ts";
import type { Seal } from "./message.ts";
import { packed } from "./snapshot.ts";

export interface KeepOptions {
  kept: KeptRows;
  snapshot: () => RowSnapshot;
  seal: Seal;
  duty: Pick<Duty, "turn">;
  clock: Clock;
}

/** Milliseconds between two looks at whose duty it is, and after which rows are kept anew. */
const LOOK_EVERY = 60_000;
const KEEP_EVERY = 15 * 60_000;

/** Keeps the rows every quarter of an hour, where that falls to this one, until `signal` is aborted. */
export async function keepRows(options: KeepOptions, signal: AbortSignal): Promise<void> {
  const { kept, snapshot, seal, duty, clock } = options;
  let last = -Infinity;
  await every(clock, LOOK_EVERY, signal, async () => {
    if (clock.now() - last < KEEP_EVERY || await duty.turn() !== "mine") return;
    const rows = snapshot();
    // Nothing that could be told from what others know.
    if (rows.id === undefined) return rows[Symbol.dispose]();
    await kept.write(await new Response(packed(rows, seal)).bytes(), signal);
    last = clock.now();
  }, () => {});
}
