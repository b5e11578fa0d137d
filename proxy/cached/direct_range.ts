/** A range that upstream is asked for by itself, because the fill would come to it too late. */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Cache } from "../../cache/api.ts";
import type { Answer } from "../answer.ts";
import { ask } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { discard } from "../http/body.ts";
import { formatRange, parseContentRange } from "../http/range.ts";
import { contentHeaders } from "./respond.ts";
import type { Wanted } from "./upstream_content.ts";

/** `cache.ranges` of the configuration. */
export interface RangeRules {
  /** Bytes of the largest range that is asked for by itself; 0: none is. */
  direct: number;
  /** Milliseconds that a range may wait for the fill. */
  wait: number;
}

/** Of content of which nothing has come yet, so much comes soon enough. */
const SOON = 2 ** 20;

/**
 * Whether `range` is better asked for by itself. Open-ended ones wait for the fill: clients that fetch
 * one blob in parallel open several of those, and one transfer is enough for them all.
 */
export function isDirect(
  cache: Pick<Cache, "timeTo">,
  { digest, range }: Wanted,
  { direct, wait }: RangeRules,
): boolean {
  const size = range && sizeOf(range);
  if (!range || size === undefined || size === 0 || size > direct) return false;
  const end = "suffix" in range ? Infinity : range.end! + 1;
  const time = cache.timeTo(digest, end);
  return time === undefined || time === Infinity ? end > SOON : time > wait;
}

function sizeOf(range: ByteRange): number | undefined {
  if ("suffix" in range) return range.suffix;
  return range.end === undefined ? undefined : range.end - range.start + 1;
}

/**
 * The range as upstream sends it, not kept; `undefined` where upstream does not answer with just that
 * range, so that the fill has to. These bytes are not verified: their digest is that of the whole.
 */
export async function directRange(
  x: Exchange,
  { digest, path, accept, range }: Wanted,
): Promise<Answer | undefined> {
  const response = await ask(x, {
    method: "GET",
    path,
    headers: { ...(accept ? { accept } : {}), range: formatRange(range!) },
    signal: x.request.signal,
    retries: 0,
  });
  const part = parseContentRange(response.headers.get("content-range"));
  const encoded = response.headers.has("content-encoding");
  if (response.status !== 206 || !part || encoded || !isAnswerTo(part, range!)) {
    await discard(response);
    return undefined;
  }
  const headers = contentHeaders(x, { digest, mediaType: "", size: part.total }, "miss");
  headers.set("cache-status", "berth; fwd=partial");
  headers.set("content-length", String(part.end - part.start + 1));
  headers.set("content-range", response.headers.get("content-range")!);
  return {
    response: new Response(response.body, { status: 206, headers }),
    cache: "miss",
    fromUpstream: true,
  };
}

function isAnswerTo(
  { start, end, total }: NonNullable<ReturnType<typeof parseContentRange>>,
  range: ByteRange,
): boolean {
  if ("suffix" in range) return total !== undefined && end === total - 1 && start <= end;
  return start === range.start && end <= range.end! && (end === range.end || end + 1 === total);
}
