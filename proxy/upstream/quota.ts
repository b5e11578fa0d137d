/** Pull quotas that registries announce, as Docker Hub does. */
import { parseRetryAfter } from "./retry.ts";

export interface Quota {
  /** Pulls per window; undefined where only a Retry-After was seen. */
  limit: number | undefined;
  remaining: number | undefined;
  windowSeconds: number | undefined;
  /** Whom upstream counts: an address or an account (`docker-ratelimit-source`). */
  source: string | undefined;
  /** Unix milliseconds at which this was announced. */
  seenAt: number;
  /** Unix milliseconds before which upstream does not want to be asked (429). */
  retryAt: number | undefined;
  /** Pulls that were used up per millisecond of late; 0 where that is not known, or none were. */
  rate?: number;
}

/** How far back the rate looks, and how much of that it needs, in milliseconds. */
const RATE_MS = 3600e3;
const ENOUGH_MS = 5 * 60e3;

/** What was left at a time, in Unix milliseconds. */
interface Sample {
  at: number;
  remaining: number;
}

/** Where a registry does not say over which time it counts: Docker Hub's six hours. */
const UNTOLD_WINDOW_SECONDS = 6 * 3600;

/** Milliseconds to wait after a 429 that names neither a limit nor a time. */
const UNTOLD_WAIT = 60e3;

/** `100;w=21600`: 100 in six hours. */
function parseLimit(
  value: string | null,
): { count: number; window: number | undefined } | undefined {
  const match = /^\s*(\d{1,12})\s*(?:;\s*w=(\d{1,9}))?/.exec(value ?? "");
  if (!match) return undefined;
  return { count: Number(match[1]), window: match[2] === undefined ? undefined : Number(match[2]) };
}

/** What an answer says about the quota; undefined where it says nothing. */
export function parseQuota(headers: Headers, status: number, now: number): Quota | undefined {
  const limit = parseLimit(headers.get("ratelimit-limit"));
  const remaining = parseLimit(headers.get("ratelimit-remaining"));
  const wait = status === 429 ? parseRetryAfter(headers.get("retry-after"), now) : undefined;
  if (!limit && !remaining && status !== 429) return undefined;
  return {
    limit: limit?.count,
    remaining: remaining?.count ?? (status === 429 ? 0 : undefined),
    windowSeconds: limit?.window ?? remaining?.window,
    source: headers.get("docker-ratelimit-source") ?? undefined,
    seenAt: now,
    retryAt: wait === undefined ? undefined : now + wait,
  };
}

/** The latest quota of each registry. Made once and handed to each new configuration's upstreams. */
export class QuotaBook {
  readonly #quotas = new Map<string, Quota>();
  readonly #samples = new Map<string, Sample[]>();
  readonly #observed: (registry: string, quota: Quota) => void;

  /** @param observed told of each quota that a registry has announced to this process */
  constructor(observed: (registry: string, quota: Quota) => void = () => {}) {
    this.#observed = observed;
  }

  /** Takes note of an answer; a 429 that says less keeps the limit that is known. */
  observe(registry: string, headers: Headers, status: number, now: number): void {
    const quota = parseQuota(headers, status, now);
    if (!quota) return;
    const known = this.#quotas.get(registry);
    const merged = {
      ...quota,
      rate: this.#rate(registry, quota),
      limit: quota.limit ?? known?.limit,
      windowSeconds: quota.windowSeconds ?? known?.windowSeconds,
      source: quota.source ?? known?.source,
    };
    this.#quotas.set(registry, merged);
    this.#observed(registry, merged);
  }

  /** Takes note of what another Berth was announced, if that is newer; `said` is from elsewhere. */
  learn(registry: string, said: unknown): void {
    const quota = quotaIn(said);
    if (!quota || quota.seenAt <= (this.#quotas.get(registry)?.seenAt ?? 0)) return;
    this.#quotas.set(registry, { ...quota, rate: this.#rate(registry, quota) });
  }

  get(registry: string): Quota | undefined {
    return this.#quotas.get(registry);
  }

  /** The slope of what was left, from a sample a minute over the last hour. */
  #rate(registry: string, { remaining, seenAt }: Quota): number {
    if (remaining === undefined) return 0;
    const samples = (this.#samples.get(registry) ?? []).filter(({ at }) => seenAt - at < RATE_MS);
    const first = samples[0];
    if (!first || seenAt - samples.at(-1)!.at >= 60e3) samples.push({ at: seenAt, remaining });
    this.#samples.set(registry, samples);
    if (!first || seenAt - first.at < ENOUGH_MS) return 0;
    return Math.max(0, (first.remaining - remaining) / (seenAt - first.at));
  }

  /** Share of the quota that is left (0 to 1); undefined where unknown or the window is over. */
  share(registry: string, now: number): number | undefined {
    const quota = this.#quotas.get(registry);
    if (quota?.limit === undefined || quota.remaining === undefined) return undefined;
    const window = quota.windowSeconds ?? UNTOLD_WINDOW_SECONDS;
    if (quota.limit === 0 || now > quota.seenAt + window * 1000) return undefined;
    return quota.remaining / quota.limit;
  }

  /**
   * Unix milliseconds until which `registry` is not to be asked for another pull that would leave less
   * than the share `reserve` (0 to 1) of its quota; `undefined` where it may be asked now, as far as
   * it has said.
   */
  closedUntil(registry: string, reserve: number, now: number): number | undefined {
    const quota = this.#quotas.get(registry);
    if (!quota) return undefined;
    if (quota.retryAt !== undefined) return quota.retryAt > now ? quota.retryAt : undefined;
    const window = (quota.windowSeconds ?? UNTOLD_WINDOW_SECONDS) * 1000;
    const { limit = 0, remaining, seenAt } = quota;
    if (remaining === undefined || now > seenAt + window) return undefined;
    const next = remaining - 1;
    // A 429 without a word of when: what was refused a moment ago may be given in a while.
    if (limit === 0) return remaining > 0 ? undefined : after(seenAt, UNTOLD_WAIT, now);
    return next < limit * reserve ? seenAt + window : undefined;
  }

  entries(): IterableIterator<[registry: string, quota: Quota]> {
    return this.#quotas.entries();
  }
}

function after(time: number, ms: number, now: number): number | undefined {
  return now < time + ms ? time + ms : undefined;
}

/** A quota that came as JSON; undefined where it is none. */
function quotaIn(said: unknown): Quota | undefined {
  const { limit, remaining, windowSeconds, source, seenAt, retryAt } = Object(said) as Quota;
  const numbers = [limit, remaining, windowSeconds, retryAt];
  const right = typeof seenAt === "number" &&
    numbers.every((value) => value === undefined || typeof value === "number") &&
    (source === undefined || typeof source === "string");
  return right ? { limit, remaining, windowSeconds, source, seenAt, retryAt } : undefined;
}
