/** Content by digest: from the cache where it is there, filled from upstream where it is not. */
import type { Cache } from "../../cache/api.ts";
import type { Content } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import { type Exchange, fullName } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { directRange, isDirect, type RangeRules } from "./direct_range.ts";
import { multipart, resolveRanges } from "./multipart.ts";
import { isProven, prove, proveOnce } from "./proof_rule.ts";
import { headOf, notModified, respond } from "./respond.ts";
import { headUpstream, sourceOf, type Wanted } from "./upstream_content.ts";

/** Manifests are asked for whole. */
const NO_DIRECT: RangeRules = { direct: 0, wait: 0 };

/** `GET` or `HEAD` of what `wanted` names. */
export async function serveDigest(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  rules = NO_DIRECT,
): Promise<Answer> {
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
    const options = { source: sourceOf(x, wanted), repository };
    const spans = wanted.ranges && resolveRanges(wanted.ranges, look.stat.size);
    if (spans && spans.length > 1) return multipart(x, cache, look.stat, spans, options);
    const one = spans ? { start: spans[0]!.start, end: spans[0]!.end - 1 } : range;
    const content = await cache.open(look, one, options);
    if (content) return respond(x, content, "hit", one);
  } else if (look.filling) {
    const unchanged = notModified(x, { digest, mediaType: "", size: undefined }, "joined");
    if (unchanged) return unchanged;
  }
  if (head) return headOf(x, await headUpstream(x, cache, wanted, x.request.signal), "miss");
  const fill = (range: Wanted["range"]) =>
    cache.fill(digest, sourceOf(x, wanted), {
      repository,
      range,
      label: fullName(x),
      prove: () => proveOnce(x, cache, wanted),
    });
  if (isDirect(cache, wanted, rules)) {
    const answer = await directRange(x, wanted);
    if (answer) {
      // The whole blob is fetched behind it, for the next request.
      void fill(undefined).then(leave, () => {});
      return answer;
    }
  }
  const content = await fill(range);
  return respond(x, content, content.how === "joined" ? "joined" : "miss", range);
}

/** A fill continues without the reader that began it. */
function leave({ body }: Content): void {
  if (body instanceof ReadableStream) void body.cancel().catch(() => {});
}
