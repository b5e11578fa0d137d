/** The watch over the registries: what it looks at, what it logs, what Prometheus is told. */
import { systemClock } from "../base/clock.ts";
import { formatDuration } from "../base/units.ts";
import { changedRegistries } from "../proxy/config/registries.ts";
import type { Config } from "../proxy/config/schema.ts";
import { logger } from "../proxy/observe/log.ts";
import type { Stats } from "../proxy/observe/stats/stats.ts";
import { timeoutsOf } from "../proxy/upstream/deadline.ts";
import { check } from "../proxy/upstream/watch/check.ts";
import { RegistryWatch } from "../proxy/upstream/watch/watch.ts";
import type { RegistryChange } from "../proxy/upstream/watch/watched.ts";

const DAY_MS = 24 * 3600e3;

interface WatchingParts {
  /** The configuration in force. */
  config(): Config;
  stats: Stats;
  env: Readonly<Record<string, string>>;
}

/** A watch that begins with {@linkcode watchRegistries}. */
export function createWatch({ config, stats, env }: WatchingParts): RegistryWatch {
  return new RegistryWatch({
    clock: systemClock,
    check: (registry, signal) =>
      check(registry, { timeouts: timeoutsOf(config().upstream), env }, signal),
    *pulled() {
      const now = Date.now();
      const counts = stats.byRegistry("hour", now - DAY_MS, now + 1);
      for (const [name, { pulls }] of counts) if (pulls > 0) yield name;
    },
    changed: logChange,
  });
}

/** Watches the registries of `config` that are the operator's own or in use, and not offline. */
export function watchRegistries(watch: RegistryWatch, { registries }: Config): void {
  const all = Object.entries(registries).map(([name, settings]) => ({ ...settings, name }));
  watch.follow(all.filter(({ offline }) => !offline), changedRegistries(registries));
}

function logChange(change: RegistryChange): void {
  const log = logger("upstream");
  if (change.verdict.up) log.info(changeLine(change));
  else log.warn(changeLine(change));
}

/** What the log says when a registry goes down, and when it is back. */
export function changeLine({ registry, verdict, lasted }: RegistryChange): string {
  if (verdict.up) return `${registry} is back, after ${formatDuration(lasted)}`;
  return verdict.reason === "auth"
    ? `${registry} rejects Berth's credentials: ${verdict.message}; ` +
      "tags that have to be checked fail, what is cached is served by digest"
    : `${registry} cannot be reached: ${verdict.message}; cached content is still served`;
}
