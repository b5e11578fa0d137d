/** The state of a registry in words. */
import type { Quota } from "../../../proxy/upstream/quota.ts";
import type { Verdict } from "../../../proxy/upstream/watch/standing.ts";
import type { Pace } from "../../../proxy/observe/stats/counts.ts";
import type { Health } from "../../../proxy/observe/stats/health.ts";
import type { Quota as QuotaView, RegistryHealth } from "../schema/status.ts";
import { durationWords, plural, sentence } from "./words.ts";

export interface HealthInputs {
  /** The configuration says that it is not contacted. */
  offline: boolean;
  /** What requests met. */
  health: Health | undefined;
  /** What looks at the registry found. */
  standing: Verdict | undefined;
  pace: Pace;
  quota: Quota | undefined;
  /** Unix milliseconds. */
  now: number;
}

/** Below this share of the limit a registry counts as limited. */
const LOW_SHARE = 0.1;

/** The state of the registry `name`. */
export function registryHealth(name: string, inputs: HealthInputs): RegistryHealth {
  const { health, standing, pace, now } = inputs;
  const quota = quotaView(inputs.quota, now);
  return {
    name,
    ...stateOf(inputs, quota),
    lastOk: Math.max(health?.lastOk ?? 0, standing?.lastOk ?? 0) || null,
    latencyMs: pace.latencyMs > 0 ? Math.round(pace.latencyMs) : null,
    quota,
  };
}

/** `quota` where it says how much and its window is not over. */
export function quotaView(quota: Quota | undefined, now: number): QuotaView | null {
  if (quota?.limit === undefined || quota.remaining === undefined) return null;
  const windowMs = (quota.windowSeconds ?? 0) * 1000;
  if (windowMs > 0 && now > quota.seenAt + windowMs) return null;
  const { limit, remaining, retryAt, rate = 0 } = quota;
  const emptyIn = rate > 0 && remaining > 0 ? remaining / rate : Infinity;
  return {
    limit,
    remaining,
    windowMs,
    resetsAt: retryAt !== undefined && retryAt > now ? retryAt : null,
    emptyAt: emptyIn < (windowMs || Infinity) ? Math.round(quota.seenAt + emptyIn) : null,
    measuredAt: quota.seenAt,
  };
}

function stateOf(
  { offline, health, standing, quota: known, now }: HealthInputs,
  quota: QuotaView | null,
): Pick<RegistryHealth, "state" | "text" | "since"> {
  if (offline) return { state: "offline", text: "Offline, serves what is cached", since: null };
  if (standing?.up === false) {
    const state = standing.reason === "auth" ? "refused" : "failing";
    return { state, text: sentence(standing.message), since: standing.since };
  }
  if (health && health.failingSince > 0 && !isOver(health, standing)) {
    const state = health.refused ? "refused" : "failing";
    return { state, text: sentence(health.message), since: health.failingSince };
  }
  if (known?.retryAt !== undefined && known.retryAt > now) {
    const text = `Rate limited: asks to wait ${durationWords(known.retryAt - now)}`;
    return { state: "limited", text, since: known.seenAt };
  }
  if (quota && (quota.remaining === 0 || quota.remaining < quota.limit * LOW_SHARE)) {
    return { state: "limited", text: quotaWords(quota, now), since: quota.measuredAt };
  }
  if (!health && !standing) return { state: "idle", text: "Not contacted yet", since: null };
  return { state: "ok", text: quota ? quotaWords(quota, now) : "Reachable", since: null };
}

/** Whether a registry that requests could not reach has answered since. */
function isOver({ answered, failedAt }: Health, standing: Verdict | undefined): boolean {
  return !answered && standing?.up === true && standing.checkedAt > failedAt;
}

/** `12 of 100 pulls left in 6 h (rolling), at this rate none in 40 min`. */
function quotaWords(quota: QuotaView, now: number): string {
  const { limit, remaining, windowMs, resetsAt, emptyAt } = quota;
  const left = remaining === 0 ? "No pulls left" : `${remaining} of ${plural(limit, "pull")} left`;
  const rolling = windowMs > 0 ? ` in ${durationWords(windowMs)} (rolling)` : "";
  const again = resetsAt === null ? "" : `, more in ${durationWords(resetsAt - now)}`;
  const empty = emptyAt !== null && emptyAt > now
    ? `, at this rate none in ${durationWords(emptyAt - now)}`
    : "";
  return left + rolling + again + empty;
}
