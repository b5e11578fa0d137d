/** Registries by the hosts that other tools name them by. */
import { getDomain } from "tldts";
import { isTree, type Tree } from "../path.ts";

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
    const words = [name, URL.parse(String(url))?.host, ...list(aliases), ...list(hosts)];
    return words.some((word) => String(word).toLowerCase() === wanted);
  })?.[0];
}

/**
 * The registry whose users sign in at `host`: the registry itself, a well-known pair, or the only
 * registry under the same registrable domain (GitLab's own: gitlab.example.com signs in for
 * registry.example.com).
 */
export function registryOfSignIn(registries: Tree, host: string): string | undefined {
  const itself = registryOfHost(registries, host);
  if (itself !== undefined) return itself;
  const known = SIGN_IN_HOSTS[host.toLowerCase()];
  if (known !== undefined && known in registries) return known;
  const domain = getDomain(host);
  const related = Object.entries(registries).filter(([, registry]) =>
    domain !== null && isTree(registry) && getDomain(String(registry.url)) === domain
  );
  return related.length === 1 ? related[0]![0] : undefined;
}

/** A name for a registry at `host` that no registry of `registries` has yet. */
export function nameForHost(registries: Tree, host: string): string {
  const plain = host.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")
    .slice(0, 60);
  let name = plain || "registry";
  for (let count = 2; name in registries; count++) name = `${plain}-${count}`;
  return name;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
