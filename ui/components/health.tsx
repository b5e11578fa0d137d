/** How a registry is, how the cache answered: an icon, a word and a colour each. */
import type { CacheResult } from "../api/schema/activity.ts";
import type { RegistryHealth } from "../api/schema/status.ts";
import { RESULT_NAMES } from "../web/results.ts";
import { Icon, type IconName } from "./icon.tsx";

const STATES: Record<RegistryHealth["state"], { icon: IconName; tone: string }> = {
  ok: { icon: "ok", tone: "ok" },
  idle: { icon: "idle", tone: "idle" },
  limited: { icon: "warn", tone: "warn" },
  refused: { icon: "lock", tone: "bad" },
  failing: { icon: "bad", tone: "bad" },
  offline: { icon: "idle", tone: "idle" },
};

export function Health({ health }: { health: RegistryHealth }) {
  const { icon, tone } = STATES[health.state];
  return (
    <span class={`state ${tone}`}>
      <Icon name={icon} />
      <span>{health.text}</span>
    </span>
  );
}

const RESULTS: Record<CacheResult, { icon: IconName; tone: string }> = {
  hit: { icon: "hit", tone: "hit" },
  joined: { icon: "hit", tone: "hit" },
  revalidated: { icon: "hit", tone: "hit" },
  stale: { icon: "clock", tone: "stale" },
  miss: { icon: "fetch", tone: "miss" },
  pass: { icon: "pass", tone: "miss" },
  none: { icon: "idle", tone: "miss" },
};

export function Result({ result }: { result: CacheResult }) {
  const { icon, tone } = RESULTS[result];
  if (result === "none") return <span class="muted" aria-label="Cache not consulted">–</span>;
  return (
    <span class={`result ${tone}`}>
      <Icon name={icon} />
      {RESULT_NAMES[result]}
    </span>
  );
}

/** An HTTP status with what it means; failures stand out. */
export function HttpStatus({ status, ended }: { status: number; ended: string }) {
  const tone = status >= 500 ? "bad" : status >= 400 ? "warn" : "";
  return (
    <span class={`state ${tone}`}>
      {tone && <Icon name={tone === "bad" ? "bad" : "warn"} />}
      <span class="num">
        {status}
        {ended !== "complete" && <span class="muted">, {ended}</span>}
      </span>
    </span>
  );
}
