/** Content by digest: from the cache where it is there, filled from upstream where it is not. */
import type { Cache } from "../../cache/api.ts";
import type { Answer } from "../answer.ts";
import { type Exchange, fullName } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { isProven, prove } from "./proof_rule.ts";
import { headOf, notModified, respond } from "./respond.ts";
import { headUpstream, sourceOf, type Wanted } from "./upstream_content.ts";

/** `GET` or `HEAD` of what `wanted` names. */
export async function serveDigest(x: Exchange, cache: Cache, wanted: Wanted): Promise<Answer> {
  const { digest, range } = wanted;
  const repository = repositoryKey(x.target);
  const head = x.request.method === "HEAD";
  let look = cache.look(digest, repository);
  if (!isProven(x, look, repository)) {
    await prove(x, cache, wanted);
    look = cache.look(digest, repository);
  }
  if (look.stat) {
    const unchanged = notModified(x, look.stat, "hit");
    if (unchanged) return unchanged;
    if (head) return headOf(x, look.stat, "hit");
    const content = await cache.open(look, range, { source: sourceOf(x, wanted), repository });
    if (content) return respond(x, content, "hit");
  }
  if (head) return headOf(x, await headUpstream(x, cache, wanted, x.request.signal), "miss");
  const content = await cache.fill(digest, sourceOf(x, wanted), {
    repository,
    range,
    label: fullName(x),
  });
  return respond(x, content, content.how === "joined" ? "joined" : "miss");
}
