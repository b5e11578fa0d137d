/** How long a tag is believed. Pure. */
import type { Config } from "../config/schema.ts";

/** How long a tag's digest is believed. Milliseconds throughout. */
export interface FreshnessRules {
  /** Time to live of `tag` at `registry`; 0: ask upstream at every pull. */
  ttl(registry: string, tag: string): number;
  /** How long a tag of `registry` is still served when that is not to be asked. */
  staleIfError(registry: string): number;
  whileRevalidate: boolean;
  negativeTtl: number;
}

interface Tier {
  match: RegExp;
  ttl: number;
}

/** Rules of `cache.manifests`, with each registry's own tiers and ttl in their place. */
export function freshnessRules(config: Pick<Config, "cache" | "registries">): FreshnessRules {
  const { tiers, ttl, ...common } = config.cache.manifests;
  const shared = compile(tiers);
  const own = new Map(
    Object.entries(config.registries).map(([name, { manifests, offline }]) => [name, {
      tiers: manifests.tiers ? compile(manifests.tiers) : shared,
      ttl: manifests.ttl ?? ttl,
      // Of a registry that is not asked any more there will be nothing newer.
      stale: offline ? Infinity : common.stale_if_error,
    }]),
  );
  return {
    ttl(registry, tag) {
      const rules = own.get(registry) ?? { tiers: shared, ttl };
      return rules.tiers.find(({ match }) => match.test(tag))?.ttl ?? rules.ttl;
    },
    staleIfError: (registry) => own.get(registry)?.stale ?? common.stale_if_error,
    whileRevalidate: common.while_revalidate,
    negativeTtl: common.negative_ttl,
  };
}

function compile(tiers: { match: string; ttl: number }[]): Tier[] {
  return tiers.map(({ match, ttl }) => ({ match: new RegExp(match), ttl }));
}
