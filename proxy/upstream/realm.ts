/** Which token server may be told a registry's credentials. */
import { getDomain } from "tldts";

/** Registries whose token server stands under another registrable domain than they do. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "registry-1.docker.io": ["auth.docker.io"],
  "nvcr.io": ["authn.nvidia.com"],
  "docker.elastic.co": ["docker-auth.elastic.co"],
  "registry.gitlab.com": ["gitlab.com"],
};

/**
 * Whether `realm` may be asked for a token of `registry`: the registry's own host, a host under the
 * same registrable domain, one of a short list, or `named` by the operator; never plain HTTP for a
 * registry on HTTPS. A challenge is upstream's word, and credentials belong to a host that the
 * operator named.
 */
export function realmAllowed(realm: URL, registry: URL, named?: string): boolean {
  if (realm.protocol !== "https:" && realm.protocol !== "http:") return false;
  if (realm.protocol === "http:" && registry.protocol !== "http:") return false;
  if (realm.username || realm.password) return false;
  if (realm.hostname === registry.hostname) return true;
  if (named !== undefined && isAt(realm, named)) return true;
  if (KNOWN[registry.hostname]?.includes(realm.hostname)) return true;
  const own = registrableDomain(registry.hostname);
  return own !== null && own === registrableDomain(realm.hostname);
}

/** Whether `url` is at `host`; at any port where that names none. */
export function isAt(url: URL, host: string): boolean {
  if (url.hostname === host) return true;
  return namesPort(host) && URL.parse(`${url.protocol}//${host}`)?.host === url.host;
}

/** Whether `host` is given with a port. */
export function namesPort(host: string): boolean {
  return /:\d+$/.test(host);
}

/**
 * The registrable domain by the public suffix list, its private part included: two tenants of one
 * hosting suffix share nothing. Null for addresses and single labels.
 */
function registrableDomain(hostname: string): string | null {
  return getDomain(hostname, { allowPrivateDomains: true });
}
