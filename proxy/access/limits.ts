/** Fair shares: how often, how fast and how many at once clients may ask. */
import { Buckets } from "../../base/buckets.ts";
import type { Clock } from "../../base/clock.ts";
import { seconds } from "../../base/units.ts";
import type { SharedMemory } from "../../base/shared_memory.ts";
import type { Config } from "../config/schema.ts";
import { OciError } from "../oci/errors.ts";
import { type Asking, keyOf, type Limit, limitsOf } from "./limit_rules.ts";

/** Waits below this are not worth a timer: they are made up for by the next one. */
const SHORTEST_MS = 20;
/** When to come back where others have to end first. */
const BUSY_SECONDS = 1;

/** One request that was let in, until it has been answered. */
export interface Pass {
  /** Milliseconds to wait before more is sent; 0: none. */
  wait(): number;
  /** `bytes` are sent. */
  sent(bytes: number): void;
  /** Bytes that may be sent in one piece. */
  readonly most: number;
  /** Bytes in a second; undefined: any number. */
  readonly speed: number | undefined;
  /** The request is over. To be called once. */
  done(): void;
}

interface LimitsOptions {
  clock: Pick<Clock, "now" | "delay">;
  /** What the Berths of a cluster know together; requests are counted there, too. */
  memory?: SharedMemory | undefined;
}

/** What is counted, which outlives a configuration. */
export class LimitBook {
  readonly #options: LimitsOptions;
  /** Two of them, since a limit may have both and the key is the same. */
  readonly #requests: Buckets;
  readonly #bytes: Buckets;
  /** Requests that are being answered. */
  readonly #running = new Map<string, number>();

  constructor(options: LimitsOptions) {
    this.#options = options;
    this.#requests = new Buckets(options.clock.now);
    this.#bytes = new Buckets(options.clock.now);
  }

  /** How `config` limits clients; undefined where it does not, so that nothing is in a request's way. */
  rules(config: Pick<Config, "limits">): Limiting | undefined {
    const limits = limitsOf(config).filter(({ upstream }) => !upstream);
    return limits.length === 0 ? undefined : (asking, record, signal) => {
      const held = limits.filter((limit) => limit.holdsFor(asking));
      return this.#enter(held, asking, record, signal);
    };
  }

  async #enter(
    limits: readonly Limit[],
    asking: Asking,
    record: { limited: string },
    signal: AbortSignal,
  ): Promise<Pass> {
    const taken: string[] = [];
    const done = () => {
      for (const key of taken) this.#end(key);
    };
    try {
      for (const limit of limits) {
        if (limit.concurrent > 0) taken.push(this.#begin(limit, asking, record));
      }
      for (const limit of limits) {
        if (limit.requests) await this.#request(limit, limit.requests, asking, record);
      }
    } catch (error) {
      done();
      throw error;
    }
    const pass = this.#pass(limits, asking, record, done);
    const wait = pass.wait();
    // A client that has gone meanwhile is noticed by who sends.
    if (wait > 0) await this.#options.clock.delay(wait, signal).catch(() => {});
    return pass;
  }

  /** Counts a request that runs; throws where there are as many as there may be. */
  #begin(limit: Limit, asking: Asking, record: { limited: string }): string {
    const key = keyOf(limit, asking);
    const running = this.#running.get(key) ?? 0;
    if (running >= limit.concurrent) {
      throw refusal(limit, `${limit.concurrent} requests at once`, BUSY_SECONDS, record);
    }
    this.#running.set(key, running + 1);
    return key;
  }

  #end(key: string): void {
    const running = this.#running.get(key)! - 1;
    if (running > 0) this.#running.set(key, running);
    else this.#running.delete(key);
  }

  async #request(
    limit: Limit,
    rate: NonNullable<Limit["requests"]>,
    asking: Asking,
    record: { limited: string },
  ): Promise<void> {
    const key = keyOf(limit, asking);
    let wait = this.#requests.wait(key, rate, 1);
    if (wait === 0) {
      this.#requests.spend(key, rate, 1);
      wait = await this.#options.memory?.take([{ ...rate, key: `limit:${key}` }]) ?? 0;
      if (wait > 0) this.#requests.spend(key, rate, -1);
    }
    if (wait > 0) throw refusal(limit, limit.text, Math.ceil(wait / 1000), record);
  }

  #pass(
    limits: readonly Limit[],
    asking: Asking,
    record: { limited: string },
    done: () => void,
  ): Pass {
    const shares = limits.flatMap((limit) =>
      limit.bandwidth ? [{ limit, rate: limit.bandwidth, key: keyOf(limit, asking) }] : []
    );
    const speed = Math.min(...shares.map(({ rate }) => rate.burst));
    return {
      most: speed,
      speed: shares.length > 0 ? speed : undefined,
      wait: () => {
        let longest = 0;
        for (const { limit, rate, key } of shares) {
          const wait = this.#bytes.wait(key, rate, 0);
          if (wait >= SHORTEST_MS && wait > longest) {
            longest = wait;
            record.limited = limit.name;
          }
        }
        return longest;
      },
      sent: (bytes) => {
        for (const { rate, key } of shares) this.#bytes.spend(key, rate, bytes);
      },
      done,
    };
  }
}

/**
 * Lets a request in, or throws `TOOMANYREQUESTS` (429). Where it is refused or slowed down, its record
 * gets to know by which limit.
 */
export type Limiting = (
  asking: Asking,
  record: { limited: string },
  signal: AbortSignal,
) => Promise<Pass>;

function refusal(
  { name, total }: Limit,
  allowed: string,
  retryAfter: number,
  record: { limited: string },
): OciError {
  record.limited = name;
  const whose = total ? "all clients together" : "a client";
  return new OciError("TOOMANYREQUESTS", {
    message:
      `the limit ${name} of this proxy allows ${whose} ${allowed.replace(/ for all.*/, "")}; ` +
      `try again in ${seconds(retryAfter * 1000)}`,
    headers: { "retry-after": String(retryAfter) },
  });
}
