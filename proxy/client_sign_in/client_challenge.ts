/** Upstream's challenges, as a client of `auth.mode: client` is to see them. Pure. */
import { calledAs, clientName, type Target } from "../names/target.ts";
import { parseChallenges } from "../upstream/challenge.ts";

/**
 * `challenge` with the realm at our own address, so that the credentials come here and go to that
 * registry alone, and with scopes in the client's spelling; Basic stays Basic. Behind a prefix the
 * service is what the client knows the registry by: upstream's is put in its place again.
 */
export function clientChallenge(target: Target, realm: string, challenge: string | null): string {
  const bearer = parseChallenges(challenge).find(({ scheme }) => scheme === "bearer");
  if (!bearer) return `Basic realm="${calledAs(target)}"`;
  const { service, scope } = bearer.params;
  const parts = [`realm="${realm}"`];
  if (target.registry.repo_prefix) parts.push(`service="${calledAs(target)}"`);
  else if (service !== undefined) parts.push(`service="${escape(service)}"`);
  if (scope !== undefined) {
    parts.push(`scope="${escape(mapScopes(scope, (name) => clientName(target, name)))}"`);
  }
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

/** `text` as it stands between the quotes of a quoted string (RFC 9110, 5.6.4). */
function escape(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
