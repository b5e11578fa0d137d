/** Upstream's challenges, as a client of `auth.mode: client` is to see them. Pure. */
import { calledAs, clientName, type Target } from "../names/target.ts";

/**
 * `challenge` with the realm at our own address, so that the credentials come here and go to that
 * registry alone, and with scopes in the client's spelling; Basic stays Basic. Behind a prefix the
 * service is what the client knows the registry by: upstream's is put in its place again.
 */
export function clientChallenge(target: Target, realm: string, challenge: string | null): string {
  if (challenge === null || !/\bbearer\b/i.test(challenge)) {
    return `Basic realm="${calledAs(target)}"`;
  }
  const service = parameter(challenge, "service");
  const scope = parameter(challenge, "scope");
  const parts = [`realm="${realm}"`];
  if (target.registry.repo_prefix) parts.push(`service="${calledAs(target)}"`);
  else if (service !== undefined) parts.push(`service="${service}"`);
  if (scope !== undefined) parts.push(`scope="${mapScopes(scope, (n) => clientName(target, n))}"`);
  return `Bearer ${parts.join(",")}`;
}

/** Space-separated scopes with each repository's name mapped; those that cannot be are left out. */
export function mapScopes(scopes: string, map: (name: string) => string | undefined): string {
  return scopes.split(/\s+/).filter((scope) => scope !== "").flatMap((scope) => {
    const match = /^(repository(?:\([^)]*\))?):(.+):([^:]*)$/.exec(scope);
    if (!match) return [scope];
    const name = map(match[2]!);
    return name === undefined ? [] : [`${match[1]}:${name}:${match[3]}`];
  }).join(" ");
}

/** One quoted parameter of a challenge; commas inside the quotes belong to it. */
function parameter(challenge: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="((?:[^"\\\\]|\\\\.)*)"`, "i").exec(challenge)?.[1];
}
