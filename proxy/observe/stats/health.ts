/** Which registries answer, as seen by the requests that went there. */
import type { RequestRecord } from "../record.ts";

export interface Health {
  /** Unix milliseconds of the last answer; 0 where there was none. */
  lastOk: number;
  /** Unix milliseconds of the first failure since then; 0 while it answers. */
  failingSince: number;
  /** What failed is our sign-in. */
  refused: boolean;
  /** Unix milliseconds of the latest failure; 0 while it answers. */
  failedAt: number;
  /** The latest failure was an answer of the registry's. */
  answered: boolean;
  /** The latest failure, as told to the client. */
  message: string;
}

const FINE = { failingSince: 0, failedAt: 0, answered: false, refused: false, message: "" };

/** Takes note of answers and failures. A registry that was never asked has no entry. */
export class HealthTracker {
  readonly #health = new Map<string, Health>();

  /** Learns from a request that went upstream; others say nothing. */
  observe(record: RequestRecord): void {
    if (record.registry === "") return;
    if (failed(record)) this.#failure(record);
    else if (record.upstreamStatus > 0) {
      this.#health.set(record.registry, { ...FINE, lastOk: record.time });
    }
  }

  /** What is known of `registry`. */
  of(registry: string): Health | undefined {
    return this.#health.get(registry);
  }

  #failure(record: RequestRecord): void {
    const before = this.#health.get(record.registry);
    const answered = record.upstreamStatus >= 500 && `it answered ${record.upstreamStatus}`;
    this.#health.set(record.registry, {
      lastOk: before?.lastOk ?? 0,
      failingSince: before?.failingSince || record.time,
      refused: record.upstreamError === "auth",
      failedAt: record.time,
      answered: record.upstreamStatus > 0 || record.upstreamError === "auth",
      message: record.message || answered || before?.message || "it cannot be reached",
    });
  }
}

/** A stale answer is a failure that the client did not see. A 429 is an answer: see the quota. */
function failed({ status, upstreamError, upstreamStatus, cache }: RequestRecord): boolean {
  if (upstreamError === "auth") return true;
  if (upstreamStatus > 0) return upstreamStatus >= 500;
  return cache === "stale" || (status >= 502 && status <= 504);
}
