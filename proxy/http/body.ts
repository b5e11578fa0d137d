/** Bodies from upstream: given up when nothing arrives, bounded where they are read whole. */
import type { Clock } from "../upstream/clock.ts";

export interface BodyGuard {
  /** Milliseconds that one read may take. */
  idle: number;
  clock: Clock;
  /** Ends the transfer; a pending read then fails. */
  abort(): void;
  /** The error that a reader sees: `undefined` for a body that went idle. */
  failure(cause: unknown): unknown;
}

/** What a reader without its own buffers is given. */
const CHUNK = 64 * 1024;

/**
 * `body` with an idle timeout, and errors of our own kind. Only time spent in a read counts, so a
 * slow client is not taken for a dead upstream. The stream stays a byte stream: buffers of a BYOB
 * reader go down to the socket's stream and back without a copy, and the timer is set about once per
 * `idle` rather than once per read; together that keeps it within a tenth of the bare stream.
 */
export function guardBody(
  body: ReadableStream<Uint8Array>,
  guard: BodyGuard,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { idle, clock } = guard;
  const reader = body.getReader({ mode: "byob" });
  let readSince = 0;
  let wentIdle = false;
  let stopWatch: (() => void) | undefined;

  function watch(ms: number): void {
    stopWatch = clock.after(ms, () => {
      stopWatch = undefined;
      if (readSince === 0) return;
      const left = readSince + idle - clock.now();
      if (left > 0) return watch(left);
      wentIdle = true;
      guard.abort();
    });
  }

  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    pull(controller) {
      const request = controller.byobRequest!;
      const view = request.view as Uint8Array<ArrayBuffer>;
      readSince = clock.now();
      if (!stopWatch) watch(idle);
      return reader.read(view).then(({ done, value }) => {
        readSince = 0;
        if (done) {
          stopWatch?.();
          controller.close();
        }
        request.respondWithNewView(value ?? view.subarray(0, 0));
      }, (cause) => {
        readSince = 0;
        stopWatch?.();
        throw guard.failure(wentIdle ? undefined : cause);
      });
    },
    cancel(reason) {
      stopWatch?.();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** The whole body where it is at most `limit` bytes; undefined (and cancelled) where it is longer. */
export async function readLimited(
  response: Response,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) return undefined; // leaving the loop cancels the body
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Lets go of a body that nobody will read. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}
