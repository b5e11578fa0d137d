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

interface SendOptions {
  clock: Pick<Clock, "after">;
  /** Holds it back; none: nothing does. */
  pace?: Pace | undefined;
  /** Milliseconds of any clock that goes on while `clock` does. */
  now(): number;
  /** Milliseconds after which a client that takes nothing is given up; 0: never. */
  timeout: number;
  /** While the body runs, this holds what breaks it off. */
  running?: Set<() => void> | undefined;
  /** Told of each chunk that is handed over: how long it is, and what has been handed over by now. */
  taken?: ((bytes: number, all: number) => void) | undefined;
  /** Called once, when nothing more is taken. */
  ended(sent: Sent): void;
}

/** How fast a body may go. */
export interface Pace {
  /** Milliseconds to wait before more is handed over; 0: none. */
  wait(): number;
  /** Bytes that may be handed over in one piece. */
  readonly most: number;
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
  options: SendOptions,
): ReadableStream<Uint8Array> {
  const sending = new Sending(body, options);
  return new ReadableStream<Uint8Array>({
    start: (controller) => sending.start(controller),
    pull: () => sending.pull(),
    cancel: (reason) => sending.cancel(reason),
  }, { highWaterMark: 0 });
}

class Sending {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: SendOptions;
  readonly #stop = () => this.#breakOff("stopped", new Error("the proxy is being stopped"));
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #bytes = 0;
  #over = false;
  /** Since when the client has had something to take. */
  #since: number | undefined;
  #stopWatch: (() => void) | undefined;
  /** What has been read and is too long for one piece. */
  #rest: Uint8Array | undefined;
  /** Ends a pause. */
  #resume: (() => void) | undefined;

  constructor(body: ReadableStream<Uint8Array>, options: SendOptions) {
    this.#reader = body.getReader();
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#options.running?.add(this.#stop);
  }

  pull(): Promise<void> | void {
    this.#since = undefined;
    const wait = this.#options.pace?.wait() ?? 0;
    return wait > 0 ? this.#pause(wait).then(() => this.#next()) : this.#next();
  }

  #next(): Promise<void> | void {
    if (this.#over) return;
    if (this.#rest) return this.#handOver(this.#rest);
    return this.#reader.read().then(({ value, done }) => {
      if (this.#over) return;
      if (done) {
        this.#end({ kind: "complete" });
        return this.#controller.close();
      }
      this.#handOver(value);
    }).catch((error) => {
      this.#end({ kind: "failed", error });
      this.#controller.error(error);
    });
  }

  #handOver(all: Uint8Array): void {
    const most = this.#options.pace?.most ?? Infinity;
    const value = all.length > most ? all.subarray(0, most) : all;
    this.#rest = value === all ? undefined : all.subarray(most);
    this.#bytes += value.length;
    this.#options.taken?.(value.length, this.#bytes);
    this.#controller.enqueue(value);
    this.#watch();
  }

  /** Waits, and no longer than somebody is there who waits, too. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#resume = () => {
        cancel();
        resolve();
      };
    });
  }

  cancel(reason: unknown): Promise<void> {
    this.#end({ kind: "closed" });
    return this.#reader.cancel(reason);
  }

  /** A timer for each chunk would cost more than the chunk: one is set anew when it has run out. */
  #watch(): void {
    const { timeout, now } = this.#options;
    if (timeout === 0) return;
    this.#since = now();
    if (!this.#stopWatch) this.#watchFor(timeout);
  }

  #watchFor(ms: number): void {
    const { clock, timeout, now } = this.#options;
    this.#stopWatch = clock.after(ms, () => {
      this.#stopWatch = undefined;
      if (this.#since === undefined) return; // It has asked, and waits for us.
      const left = this.#since + timeout - now();
      if (left > 0) this.#watchFor(left);
      else this.#breakOff("stalled", new ClientStalled(timeout));
    });
  }

  #breakOff(kind: "stalled" | "stopped", error: Error): void {
    this.#end({ kind });
    this.#controller.error(error);
    void this.#reader.cancel(error).catch(() => {});
  }

  #end(end: Sent["end"]): void {
    this.#stopWatch?.();
    this.#resume?.();
    if (this.#over) return;
    this.#over = true;
    this.#options.running?.delete(this.#stop);
    this.#options.ended({ bytes: this.#bytes, end });
  }
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
