/**
 * A body as it is handed to a client: counted, and not for ever. The listener tells nobody whether a
 * client got all of an answer; what is known is what it took from here, to the precision of a chunk.
 */
import type { Clock } from "../../base/clock.ts";

/** How much of a body was taken, and why no more. */
export interface Sent {
  bytes: number;
  end: { kind: "complete" | "closed" | "stalled" | "stopped" } | { kind: "failed"; error: unknown };
}

export interface SendOptions {
  clock: Pick<Clock, "after">;
  /** Milliseconds after which a client that takes nothing is given up; 0: never. */
  timeout: number;
  /** While the body runs, this holds what breaks it off. */
  running?: Set<() => void> | undefined;
  /** Told of each chunk that is handed over. */
  taken?: ((bytes: number) => void) | undefined;
  /** Called once, when nothing more is taken. */
  ended(sent: Sent): void;
}

/** A client that has not taken a byte for too long. */
export class ClientStalled extends Error {
  override readonly name = "ClientStalled";

  constructor(ms: number) {
    super(`the client took nothing for ${ms} ms`);
  }
}

/** `body`, told to `options` while it is read; read no faster than its consumer asks for it. */
export function sendBody(
  body: ReadableStream<Uint8Array>,
  { clock, timeout, running, taken, ended }: SendOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let over = false;
  let forgetTimer = () => {};
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const end = (reason: Sent["end"]) => {
    forgetTimer();
    if (over) return;
    over = true;
    running?.delete(stop);
    ended({ bytes, end: reason });
  };
  const breakOff = (kind: "stalled" | "stopped", error: Error) => {
    end({ kind });
    controller.error(error);
    void reader.cancel(error).catch(() => {});
  };
  const stalled = () => breakOff("stalled", new ClientStalled(timeout));
  const stop = () => breakOff("stopped", new Error("the proxy is being stopped"));
  running?.add(stop);
  return new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    async pull() {
      forgetTimer();
      try {
        const { value, done } = await reader.read();
        if (over) return;
        if (done) {
          end({ kind: "complete" });
          return controller.close();
        }
        bytes += value.length;
        taken?.(value.length);
        controller.enqueue(value);
        if (timeout > 0) forgetTimer = clock.after(timeout, stalled);
      } catch (error) {
        end({ kind: "failed", error });
        controller.error(error);
      }
    },
    cancel(reason) {
      end({ kind: "closed" });
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** `bytes` in pieces, which are views of it. */
export function inPieces(bytes: Uint8Array, size = 256 * 1024): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at += size));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}
