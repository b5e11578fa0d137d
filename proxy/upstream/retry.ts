/** Whether an attempt is worth another, and when: pure, so that a table can test it. */

export interface Attempt {
  /** How many attempts have been made, from 1. */
  made: number;
  /** How many retries the operator allows. */
  retries: number;
  method: string;
  /** Status that was answered, or undefined where nothing was. */
  status?: number | undefined;
  /** For a failure without status: whether another try may go better. */
  transient?: boolean;
  /** Milliseconds that upstream asked to wait (Retry-After). */
  retryAfter?: number | undefined;
  /** Milliseconds since the first attempt began. */
  elapsed: number;
  /** Milliseconds that all attempts together may take before the next begins. */
  budget: number;
}

const STATUSES = new Set([429, 502, 503, 504]);
const METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
const FIRST_DELAY = 250;
const LONGEST_DELAY = 8_000;
/** After a 429 that does not say how long: each request in the meantime counts against the limit. */
const BUSY_DELAY = 1_000;

/**
 * Milliseconds until the next attempt, or undefined to take what there is. Exponential with full
 * jitter above a half (so that clients which failed together do not return together); a Retry-After
 * is honoured where it fits the budget and ends the attempts where it does not. After a 429 there is
 * one more attempt, since each counts against the limit: without Retry-After in one to two seconds.
 *
 * @param random in [0, 1)
 */
export function retryDelay(attempt: Attempt, random: number): number | undefined {
  const { made, retries, method, status, transient, retryAfter, elapsed, budget } = attempt;
  if (made > retries || !METHODS.has(method)) return undefined;
  if (status === undefined ? !transient : !STATUSES.has(status)) return undefined;
  if (status === 429 && made > 1) return undefined;
  if (status === 429 && retryAfter === undefined) {
    const delay = BUSY_DELAY * (1 + random);
    return elapsed + delay <= budget ? Math.round(delay) : undefined;
  }
  const backoff = Math.min(FIRST_DELAY * 2 ** (made - 1), LONGEST_DELAY) * (0.5 + random / 2);
  const delay = Math.max(backoff, retryAfter ?? 0);
  return elapsed + delay <= budget ? Math.round(delay) : undefined;
}

/**
 * Milliseconds in a Retry-After (RFC 9110, 10.2.3: seconds or an HTTP date); undefined where it is
 * absent or neither.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[a-z]/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
