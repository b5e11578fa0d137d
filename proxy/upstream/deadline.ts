/** The limits on the way to a response's headers. */
import type { Clock } from "../../base/clock.ts";
import type { Config } from "../config/schema.ts";
import { seconds } from "../../base/units.ts";
import type { Dial } from "./dial.ts";
import { UpstreamError } from "./errors.ts";
import { portOf } from "./port.ts";

/** Milliseconds each. */
export interface Timeouts {
  connect: number;
  /** From the connection (for uploads: from the last byte of the body) to the response's headers. */
  response: number;
  /** Without a byte of a body. */
  idle: number;
}

/** The time limits of `upstream.*_timeout`. */
export function timeoutsOf(upstream: Config["upstream"]): Timeouts {
  return {
    connect: upstream.connect_timeout,
    response: upstream.response_timeout,
    idle: upstream.idle_timeout,
  };
}

interface DeadlineOptions {
  timeouts: Timeouts;
  clock: Clock;
  dial: Dial;
}

/** Aborts one request, with an {@linkcode UpstreamError} as the reason, when it takes too long. */
export class Deadline {
  readonly #registry: string;
  readonly #controller: AbortController;
  readonly #options: DeadlineOptions;
  readonly #dialling = new AbortController();
  #cancels: (() => void)[] = [];

  constructor(registry: string, controller: AbortController, options: DeadlineOptions) {
    this.#registry = registry;
    this.#controller = controller;
    this.#options = options;
  }

  /**
   * Starts both clocks for a request that goes to `peer` (the proxy, where there is one), at
   * `address` where that is fixed.
   */
  start(peer: URL, address: string = peer.hostname): void {
    const { connect, response } = this.#options.timeouts;
    this.#limit(connect + response, `it did not answer within ${seconds(response)}`);
    this.#watchConnection(address, portOf(peer), connect);
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#dialling.abort();
  }

  /** Passes an upload on: while bytes flow the limit is the idle time, after the last the answer. */
  watchUpload(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const { idle, response } = this.#options.timeouts;
    const reader = body.getReader();
    return new ReadableStream({
      pull: async (controller) => {
        this.stop();
        const { done, value } = await reader.read(); // the client may take its time
        if (done) {
          controller.close();
          this.#limit(response, `it did not answer the upload within ${seconds(response)}`);
        } else {
          controller.enqueue(value);
          this.#limit(idle, `it took nothing of the upload for ${seconds(idle)}`);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /**
   * `fetch` does not tell when it has connected. So when half of the time for that has gone without
   * an answer, a bare connection is tried beside it: if that does not come about either, the peer is
   * out of reach; if it does, the peer is slow and has the rest of its time.
   */
  #watchConnection(address: string, port: number, connect: number): void {
    const { clock, dial } = this.#options;
    let reached = false;
    this.#cancels.push(
      clock.after(connect / 2, () => {
        dial(address, port, this.#dialling.signal).then(() => reached = true, () => {});
      }),
      clock.after(connect, () => {
        if (!reached) this.#fail(`no connection within ${seconds(connect)}`);
      }),
    );
  }

  #limit(ms: number, reason: string): void {
    this.#cancels.push(this.#options.clock.after(ms, () => this.#fail(reason)));
  }

  #fail(reason: string): void {
    this.#controller.abort(new UpstreamError("timeout", this.#registry, { reason }));
  }
}
