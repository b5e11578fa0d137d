/** Registries by the hosts that other tools name them by. */
import { getDomain } from "tldts";
import { listIn } from "../../../base/json.ts";
import { isTree, type Tree } from "../path.ts";
import { BUILT_IN_REGISTRIES } from "../registries.ts";

/** Where well-known registries sign their users in, other than under their own name. */
const SIGN_IN_HOSTS: Readonly<Record<string, string>> = {
  "auth.docker.io": "docker",
  "hub.docker.com": "docker",
  "authn.nvidia.com": "nvcr",
  "docker-auth.elastic.co": "elastic",
  "gitlab.com": "gitlab",
};

/** The registry of `registries` that `host` means by name, URL, alias or host. Unchecked input. */
export function registryOfHost(registries: Tree, host: string): string | undefined {
  const wanted = host.toLowerCase();
  // The operator's own come last and are meant first.
  return Object.entries(registries).toReversed().find(([name, registry]) => {
    if (!isTree(registry)) return false;
    const { url, aliases, hosts } = registry;
    const words = [name, URL.parse(String(url))?.host, ...listIn(aliases), ...listIn(hosts)];
    return words.some((word) => String(word).toLowerCase() === wanted);
  })?.[0];
}

/** The well-known registry whose users sign in at `host`, where that is a host of its own. */
export function wellKnownSignIn(registries: Tree, host: string): string | undefined {
  const known = SIGN_IN_HOSTS[host.toLowerCase()];
  return known !== undefined && known in registries ? known : undefined;
}

/**
 * The operator's own registries that may send their users to `host` to sign in: those under the same
 * registrable domain (GitLab: git.example.com signs in for registry.example.com).
 */
export function mayDirectTo(registries: Tree, host: string): string[] {
  const domain = registrableDomain(host);
  return Object.entries(registries).filter(([name, registry]) =>
    domain !== null && isTree(registry) && !Object.hasOwn(BUILT_IN_REGISTRIES, name) &&
    registrableDomain(String(registry.url)) === domain
  ).map(([name]) => name);
}

/** As for tokens: two tenants of one hosting suffix share nothing. */
function registrableDomain(host: string): string | null {
  return getDomain(host, { allowPrivateDomains: true });
}

/** A name for a registry at `host` that no registry of `registries` has yet. */
export function nameForHost(registries: Tree, host: string): string {
  const plain = host.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")
    .slice(0, 60);
  let name = plain || "registry";
  for (let count = 2; name in registries; count++) name = `${plain}-${count}`;
  return name;
}
