/** Blobs by digest: from the cache where they are there, filled from upstream where they are not. */
import type { Cache } from "../../cache/api.ts";
import type { Content } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import { type Exchange, fullName } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { directRange, isDirect, type RangeRules } from "./direct_range.ts";
import { handOver, type HandOverRules, redirect, type RedirectRules } from "./hand_over.ts";
import { multipart, resolveRanges } from "./multipart.ts";
import { provenLook, proveOnce } from "./proof_rule.ts";
import { headOf, type Known, notModified, respond } from "./respond.ts";
import { firstByte, headUpstream, sourceOf, type Wanted } from "./upstream_content.ts";

/** How blobs are served. */
export interface BlobRules extends HandOverRules, RedirectRules {
  ranges: RangeRules;
}

/** `GET` or `HEAD` of the blob that `wanted` names. */
export function serveBlob(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  rules: BlobRules,
): Promise<Answer> {
  return cache.holding(wanted.digest, () => answerHeld(x, cache, wanted, rules));
}

async function answerHeld(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  rules: BlobRules,
): Promise<Answer> {
  const { digest, range } = wanted;
  const repository = repositoryKey(x.target);
  const head = x.request.method === "HEAD";
  const look = await provenLook(x, cache, wanted);
  if (look.stat) {
    const unchanged = notModified(x, look.stat, "hit");
    if (unchanged) return unchanged;
    if (head) return headOf(x, look.stat, "hit");
    const options = { source: sourceOf(x, wanted), repository };
    const spans = wanted.ranges && resolveRanges(wanted.ranges, look.stat.size);
    if (spans && spans.length > 1) return multipart(x, cache, look.stat, spans, options);
    const one = spans ? { start: spans[0]!.start, end: spans[0]!.end - 1 } : range;
    const left = await handOver(x, cache, look, one, rules) ??
      await redirect(x, cache, look, one, rules);
    if (left) return left;
    const content = await cache.open(look, one, options);
    if (content) return respond(x, content, "hit", one);
  } else if (look.filling) {
    const unchanged = notModified(x, { digest, mediaType: "", size: undefined }, "joined");
    if (unchanged) return unchanged;
  }
  if (look.depot) {
    if (head) return headOf(x, { digest, ...look.depot }, "hit");
    const left = await redirect(x, cache, look, range, rules);
    if (left) return left;
  }
  const fill = (range: Wanted["range"], by = x) =>
    cache.fill(digest, sourceOf(by, wanted), {
      repository,
      range,
      label: fullName(x),
      brief: x.ahead,
      prove: () => proveOnce(by, cache, wanted),
    });
  if (head) return headOf(x, await describe(x, cache, wanted, fill), "miss");
  if (!look.depot && isDirect(cache, wanted, rules.ranges)) {
    const answer = await directRange(x, wanted);
    if (answer) {
      // The whole blob is fetched behind it, for the next request: what upstream says of that is not
      // what it said to this one.
      void fill(undefined, { ...x, asked: { ...x.asked } }).then(leave, () => {});
      return answer;
    }
  }
  const content = await fill(range);
  return respond(x, content, content.how === "joined" ? "joined" : "miss", range);
}

/**
 * What upstream has, with its size: by HEAD, by one byte of it where a HEAD does not say, and where
 * that does not say either, by all of it.
 */
async function describe(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  fill: (range: undefined) => Promise<Content>,
): Promise<Known> {
  const { signal } = x.request;
  const { digest } = wanted;
  const known = await headUpstream(x, cache, wanted, signal) ?? { digest, mediaType: "" };
  const size = known.size ?? await firstByte(x, wanted, signal);
  if (size !== undefined) return { ...known, size };
  const { body, size: total } = await fill(undefined);
  let count = 0;
  if (body instanceof Uint8Array) count = body.length;
  else for await (const { length } of body) count += length;
  return { ...known, size: total ?? count };
}

/** A fill continues without the reader that began it. */
function leave({ body }: Content): void {
  if (body instanceof ReadableStream) void body.cancel().catch(() => {});
}
