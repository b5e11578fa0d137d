/** The state of a registry in words. */
import type { Quota } from "../../../proxy/upstream/quota.ts";
import type { Verdict } from "../../../proxy/upstream/watch/standing.ts";
import type { Pace } from "../../../proxy/observe/stats/counts.ts";
import type { Health } from "../../../proxy/observe/stats/health.ts";
import type { Quota as QuotaView, RegistryHealth } from "../schema/status.ts";
import { durationWords, plural } from "./words.ts";

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
  const end = quota.retryAt ?? (windowMs > 0 ? quota.seenAt + windowMs : undefined);
  return {
    limit: quota.limit,
    remaining: quota.remaining,
    windowMs,
    resetsAt: end !== undefined && end > now ? end : null,
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

/** `12 pulls left, resets in 2 h 10 min`. */
function quotaWords({ remaining, resetsAt }: QuotaView, now: number): string {
  const left = remaining === 0 ? "No pulls left" : `${plural(remaining, "pull")} left`;
  return resetsAt === null ? left : `${left}, resets in ${durationWords(resetsAt - now)}`;
}

/** `docker: the connection was refused` → `The connection was refused`. */
function sentence(message: string): string {
  const text = message.replace(/^[a-z0-9-]+: /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
