/** Bodies from upstream: given up when nothing arrives, bounded where they are read whole. */
import type { Clock } from "../../base/clock.ts";

export interface BodyGuard {
  /** Milliseconds that one read may take; `Infinity` where the reader keeps its own watch. */
  idle: number;
  clock: Clock;
  /** Gives the body up when it aborts; a read then fails with its reason. */
  signal?: AbortSignal | undefined;
  /** The error that a reader sees of a body that went idle. */
  timeout(): unknown;
  /** The error that a reader sees of a body that failed with `cause`. */
  failure(cause: unknown): unknown;
}

/** What a reader without its own buffers is given. */
const CHUNK = 64 * 1024;

/**
 * `body` with an idle timeout, and errors of our own kind. Only time spent in a read counts, so a
 * slow client is not taken for a dead upstream. A body that is given up is cancelled: aborting its
 * `fetch` does not end a pending read once the `Response` has been collected (Deno 2.9).
 *
 * The stream stays a byte stream: buffers of a BYOB reader go down to the socket's stream and back
 * without a copy, and the timer is set about once per `idle` rather than once per read; together
 * that keeps it within a tenth of the bare stream.
 */
export function guardBody(
  body: ReadableStream<Uint8Array>,
  guard: BodyGuard,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { idle, clock, signal } = guard;
  const reader = body.getReader({ mode: "byob" });
  let givenUp: { error: unknown } | undefined;
  const watch = new IdleWatch(idle, clock, () => giveUp(guard.timeout()));

  /** A pending read of a cancelled reader ends at once, as if the body had. */
  function giveUp(error: unknown): void {
    release();
    givenUp = { error };
    reader.cancel(error).catch(() => {});
  }

  function release(): void {
    watch.stop();
    signal?.removeEventListener("abort", aborted);
  }

  const aborted = () => giveUp(signal!.reason);
  if (signal?.aborted) aborted();
  else signal?.addEventListener("abort", aborted, { once: true });

  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    pull(controller) {
      const request = controller.byobRequest!;
      const view = request.view as Uint8Array<ArrayBuffer>;
      watch.begin();
      return reader.read(view).then(({ done, value }) => {
        watch.end();
        if (givenUp) throw givenUp.error;
        if (done) {
          release();
          controller.close();
        }
        request.respondWithNewView(value ?? view.subarray(0, 0));
      }, (cause) => {
        watch.end();
        release();
        throw givenUp ? givenUp.error : guard.failure(cause);
      });
    },
    cancel(reason) {
      release();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** Tells when one read has taken too long; its timer is set about once per `idle`, not per read. */
class IdleWatch {
  #since = 0;
  #cancel: (() => void) | undefined;

  constructor(readonly idle: number, readonly clock: Clock, readonly expired: () => void) {}

  /** A read begins. */
  begin(): void {
    this.#since = this.clock.now();
    if (!this.#cancel && this.idle !== Infinity) this.#set(this.idle);
  }

  /** The read has ended. */
  end(): void {
    this.#since = 0;
  }

  stop(): void {
    this.#cancel?.();
  }

  #set(ms: number): void {
    this.#cancel = this.clock.after(ms, () => {
      this.#cancel = undefined;
      if (this.#since === 0) return;
      const left = this.#since + this.idle - this.clock.now();
      if (left > 0) return this.#set(left);
      this.expired();
    });
  }
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
