/** A slow line to registries, shared by priority: people before what nobody waits for. */
import { type BucketRate, Buckets } from "../../base/buckets.ts";
import type { Clock } from "../../base/clock.ts";
import type { Priority } from "../http/caller.ts";

/** A limit on what comes from some registries. */
export interface LineLimit {
  readonly id: string;
  /** Of bytes. */
  readonly bandwidth: BucketRate;
  /** Whether it holds for a registry. */
  holdsFor(registry: string): boolean;
}

const SHORTEST_MS = 20;
/** What nobody waits for takes from a bucket that is fuller than this. */
const SPARE = 0.5;
/** It is let through that often all the same, so that no connection is given up. */
const PATIENCE_MS = 15e3;

/** What is counted of all that comes in, which outlives a configuration. */
export class Line {
  readonly #clock: Pick<Clock, "now" | "delay">;
  readonly #buckets: Buckets;

  constructor(clock: Pick<Clock, "now" | "delay">) {
    this.#clock = clock;
    this.#buckets = new Buckets(clock.now);
  }

  /**
   * `response` of `registry`, read no faster than `limits` allow: people share the line, and what is
   * fetched ahead has what they leave. The same object where no limit holds.
   */
  paced(
    response: Response,
    limits: readonly LineLimit[],
    { registry, priority = "people" }: { registry: string; priority?: Priority | undefined },
  ): Response {
    const held = limits.filter((limit) => limit.holdsFor(registry));
    if (held.length === 0 || !response.body) return response;
    const gone = new AbortController();
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await this.#turn(held, priority, gone.signal);
        const { value, done } = await reader.read();
        if (done) return controller.close();
        for (const { id, bandwidth } of held) this.#buckets.spend(id, bandwidth, value.length);
        controller.enqueue(value);
      },
      cancel: (reason) => {
        gone.abort(reason);
        return reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
    return new Response(body, response);
  }

  async #turn(limits: readonly LineLimit[], priority: Priority, signal: AbortSignal) {
    const since = this.#clock.now();
    for (;;) {
      let wait = 0;
      for (const { id, bandwidth } of limits) {
        const spare = priority === "people" ? 0 : bandwidth.burst * SPARE;
        wait = Math.max(wait, this.#buckets.wait(id, bandwidth, spare));
      }
      const patience = since + PATIENCE_MS - this.#clock.now();
      if (wait < SHORTEST_MS || patience <= 0) return;
      await this.#clock.delay(Math.min(wait, patience), signal);
      if (priority === "people") return;
    }
  }
}
