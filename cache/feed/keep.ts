/** Rows kept where they outlive every disk, by one of several Berths for all. */
import { type Clock, every } from "../../base/clock.ts";
import type { RowSnapshot } from "../change.ts";
import type { KeptRows } from "../depot_options.ts";
import type { Duty } from "../peers/duty.ts";
import type { Seal } from "./message.ts";
import { packed } from "./snapshot.ts";

interface KeepOptions {
  kept: KeptRows;
  snapshot: () => RowSnapshot;
  seal: Seal;
  duty: Pick<Duty, "turn">;
  clock: Clock;
}

/** Milliseconds between two looks at whose duty it is, and after which rows are kept anew. */
const LOOK_EVERY = 60_000;
const KEEP_EVERY = 15 * 60_000;
/** Milliseconds that keeping them may take at the end. */
const AT_END = 5000;

/**
 * Keeps the rows every quarter of an hour, where that falls to this one, until `signal` is aborted, and
 * once more then: it may be the last to go. What fails is tried again with the next look.
 */
export async function keepRows(options: KeepOptions, signal: AbortSignal): Promise<void> {
  const { kept, snapshot, seal, duty, clock } = options;
  let last = -Infinity;
  const keep = async (limit: AbortSignal) => {
    if (await duty.turn() !== "mine") return;
    const rows = snapshot();
    // Nothing that could be told from what others know.
    if (rows.id === undefined) return rows[Symbol.dispose]();
    if (await kept.write(await new Response(packed(rows, seal)).bytes(), limit)) last = clock.now();
  };
  await every(clock, LOOK_EVERY, signal, async () => {
    if (clock.now() - last >= KEEP_EVERY) await keep(signal);
  }, () => {});
  const end = new AbortController();
  const cancel = clock.after(AT_END, () => end.abort(new Error("it took too long")));
  await keep(end.signal).catch(() => {});
  cancel();
}
