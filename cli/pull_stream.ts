/** A pull as it goes, for who waits for it: states of it, and over the control socket lines of JSON. */
import { systemClock } from "../base/clock.ts";
import { BadImage } from "../proxy/ahead/image.ts";
import type { Pull, Wanted } from "../proxy/ahead/progress.ts";
import type { Pulls } from "../proxy/ahead/pulls.ts";

/** Milliseconds between two states. */
const EVERY = 250;

/** `pull` as it changes; the last state is how it ended. */
export async function* follow(
  pulls: Pick<Pulls, "over">,
  pull: Pull,
): AsyncGenerator<Pull, void, void> {
  const over = pulls.over(pull.id).then(() => true);
  for (let ended = false; !ended;) {
    yield pull;
    ended = await Promise.race([over, systemClock.delay(EVERY).then(() => false)]);
  }
  yield pull;
}

/** Begins what is wanted and tells of it; whoever goes away before its end calls it off. */
export function pullStream(pulls: Pulls | undefined, wanted: Wanted): Response {
  if (!pulls) return new Response("this server keeps nothing", { status: 422 });
  let pull: Pull;
  try {
    pull = pulls.start(wanted, { by: "command line" });
  } catch (error) {
    if (!(error instanceof BadImage)) throw error;
    return new Response(error.message, { status: 422 });
  }
  const states = follow(pulls, pull);
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value } = await states.next();
        if (!value) return controller.close();
        controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      },
      cancel: () => void pulls.cancel(pull.id),
    }),
  );
}
