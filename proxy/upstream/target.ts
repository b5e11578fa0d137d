/** Hosts that upstream names, in redirects and realms: may they be called, and at which address? */
import { addressClass, targetsAllowed } from "./address.ts";
import type { Lookup } from "./dial.ts";
import { UpstreamError } from "./errors.ts";
import { type Environment, proxyFor } from "./proxies.ts";

/**
 * Resolves to the addresses at which `url` may be called, or to undefined where any will do: the
 * operator's own host, and names that only the outgoing proxy can resolve. Throws
 * {@linkcode UpstreamError} `forbidden-target` or `dns`.
 */
export type TargetCheck = (url: URL) => Promise<readonly string[] | undefined>;

interface TargetCheckOptions {
  /** Name of the registry, for errors. */
  registry: string;
  /** The registry's URL as the operator wrote it. */
  own: URL;
  lookup: Lookup;
  env: Environment;
}

/** The rule itself is {@linkcode targetsAllowed}. */
export function createTargetCheck({ registry, own, lookup, env }: TargetCheckOptions): TargetCheck {
  return async (url) => {
    if (url.hostname === own.hostname) return undefined;
    const proxied = proxyFor(url, env) !== undefined;
    const addresses = await lookup(url.hostname).catch((cause) => {
      if (proxied) return undefined;
      throw new UpstreamError("dns", registry, {
        reason: "a host that it refers to could not be resolved (DNS)",
        cause,
      });
    });
    if (!addresses) return undefined;
    const allowed = addresses.every((address) => addressClass(address) === "public") ||
      targetsAllowed(addresses, await lookup(own.hostname).catch(() => []));
    if (addresses.length > 0 && allowed) return proxied ? undefined : addresses;
    throw new UpstreamError("forbidden-target", registry);
  };
}
