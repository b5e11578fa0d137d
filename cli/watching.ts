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

function logChange({ registry, verdict, lasted }: RegistryChange): void {
  const log = logger("upstream");
  if (verdict.up) return log.info(`${registry} is back, after ${formatDuration(lasted)}`);
  const what = verdict.reason === "auth" ? "rejects Berth's credentials" : "cannot be reached";
  log.warn(`${registry} ${what}: ${verdict.message}; cached content is still served`);
}
