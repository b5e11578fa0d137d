/**
 * The rule that keeps private content private: bytes that are here, in the depot or on their way are served only
 * for a repository that is known to hold them. Otherwise knowing the digest of a private layer would
 * be enough to get it, by asking through some other repository. Where clients sign in to the registry
 * themselves, this client's credentials must have been good for the repository, too.
 */
import type { Cache } from "../../cache/api.ts";
import type { Look } from "../../cache/types.ts";
import type { Exchange } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { isOutage } from "../upstream/outage.ts";
import { confirmUpstream, type Wanted } from "./upstream_content.ts";

/** What is known of what `wanted` names, once the client of `x` may have it. Throws as {@linkcode prove}. */
export async function provenLook(x: Exchange, cache: Cache, wanted: Wanted): Promise<Look> {
  const repository = repositoryKey(x.target);
  const look = cache.look(wanted.digest, repository);
  if (isProven(x, look, repository)) return look;
  await prove(x, cache, wanted);
  return cache.look(wanted.digest, repository);
}

/** Whether the client of `x` may have what `look` found, as far as is known without asking. */
export function isProven(x: Exchange, look: Look, repository: string): boolean {
  const here = look.stat ?? look.filling ?? look.depot;
  return !here || (x.proof.holds() && isMember(look, repository));
}

/**
 * Resolves when the client of `x` may have the content from somebody other than upstream, who gives
 * it to anyone: upstream is asked only where it is not known already. Throws as {@linkcode prove}.
 */
export async function proveOnce(x: Exchange, cache: Cache, wanted: Wanted): Promise<void> {
  const { linked } = cache.look(wanted.digest, repositoryKey(x.target));
  // That it is on its way for the repository proves nothing: this is how it gets on its way.
  if (!linked || !x.proof.holds()) await prove(x, cache, wanted, ({ linked }) => linked);
}

/** Whether the repository is known to hold what is here, or it is on its way for it. */
function isMember({ stat, linked, filling, depot }: Look, repository: string): boolean {
  if (stat) return linked;
  return filling?.has(repository) ?? (linked || depot === undefined);
}

/**
 * Asks upstream, with the client's credentials where they count, whether the repository has it.
 * Throws what upstream refuses with; while it is away, what was proven before is enough, as
 * `auth.offline` and `isKnown` say.
 */
export async function prove(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  isKnown: (look: Look, repository: string) => boolean = isMember,
): Promise<void> {
  const repository = repositoryKey(x.target);
  const { method } = x.request;
  const { stat, depot } = cache.look(wanted.digest, repository);
  const size = (stat ?? depot)?.size;
  const key = JSON.stringify([x.proof.id, repository, wanted.path, method]);
  try {
    // Others may wait for the same answer: it does not end with this client.
    await x.proofs.once(key, () => confirmUpstream(x, cache, wanted, size));
  } catch (error) {
    const look = () => cache.look(wanted.digest, repository);
    const known = x.proof.holdsOffline() && isKnown(look(), repository);
    if (!known || !isOutage(error)) throw error;
  }
}
