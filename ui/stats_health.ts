/** Which registries answer, as seen by the requests that went there. */
import type { RequestRecord } from "../proxy/record.ts";

export interface Health {
  /** Unix milliseconds of the last answer below 500; 0 where there was none. */
  lastOk: number;
  /** Unix milliseconds of the first failure since then; 0 while it answers. */
  failingSince: number;
  /** The latest failure, as told to the client. */
  message: string;
}

/** Takes note of answers and failures. A registry that was never asked has no entry. */
export class HealthTracker {
  readonly #health = new Map<string, Health>();

  /** Learns from a request that went upstream; others say nothing. */
  observe(record: RequestRecord): void {
    if (record.registry === "") return;
    if (record.upstreamStatus > 0 && record.upstreamStatus < 500) {
      this.#health.set(record.registry, { lastOk: record.time, failingSince: 0, message: "" });
    } else if (record.upstreamStatus >= 500 || /^50[234]$/.test(String(record.status))) {
      const before = this.#health.get(record.registry);
      this.#health.set(record.registry, {
        lastOk: before?.lastOk ?? 0,
        failingSince: before?.failingSince || record.time,
        message: record.message || `it answered ${record.upstreamStatus}`,
      });
    }
  }

  /** What is known of `registry`. */
  of(registry: string): Health | undefined {
    return this.#health.get(registry);
  }
}
