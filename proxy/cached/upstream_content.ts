/** Content by digest as upstream has it. */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Cache } from "../../cache/api.ts";
import type { Source, SourceAnswer } from "../../cache/types.ts";
import { ask, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { discard } from "../http/body.ts";
import { codingsOf } from "../http/content_coding.ts";
import { parseContentRange } from "../http/range.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { bareMediaType } from "../oci/manifest.ts";
import type { Known } from "./respond.ts";

/** What is asked for, and where upstream has it. */
export interface Wanted {
  digest: string;
  /** What follows `/v2/<repository>/` upstream. */
  path: string;
  /** Accept header for upstream. */
  accept: string;
  /** The range that is wanted; where there are several, one that covers them all. */
  range?: ByteRange | undefined;
  /** The ranges that are wanted, where there are several. */
  ranges?: readonly ByteRange[] | undefined;
}

/**
 * Asks by HEAD whether the repository has it, and links what it has to the repository. Throws
 * `OciError` for an answer that is no success, and `UpstreamError` where there was none.
 */
export async function headUpstream(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Known> {
  const response = await ask(x, {
    method: "HEAD",
    path: wanted.path,
    headers: wanted.accept ? { accept: wanted.accept } : {},
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await refusal(x, response);
  await response.body?.cancel();
  cache.link(repositoryKey(x.target), wanted.digest);
  const length = response.headers.get("content-length");
  return {
    digest: wanted.digest,
    mediaType: bareMediaType(response.headers.get("content-type")),
    size: length === null ? undefined : Number(length),
  };
}

/**
 * Upstream as a source of bytes from any offset on. Not every server continues at `bytes=N-`: one that
 * refuses it or sends something else is asked for `bytes=N-M`, then for the whole, whose beginning the
 * caller skips. What a server did not take once it is not asked again.
 */
export function sourceOf(x: Exchange, wanted: Wanted): Source {
  const refused = new Set<Way>();
  return async (from, signal, hints) => {
    const get = async (range: string | undefined): Promise<Response> =>
      await ask(x, {
        method: "GET",
        path: wanted.path,
        headers: {
          ...(wanted.accept ? { accept: wanted.accept } : {}),
          ...(range === undefined ? {} : { range }),
        },
        signal,
        watchIdle: false, // the fill has its own watch on how long nothing comes
        ...(hints?.once ? { retries: 0, insist: true } : {}), // the rest of what has begun
      });
    for (const [way, range] of waysTo(from, hints?.total)) {
      if (refused.has(way)) continue;
      const response = await get(range);
      const offset = offsetOf(response, from);
      if (offset !== undefined) return contentOf(x, response, offset);
      if (way !== "whole" && isRangeRefusal(response)) {
        refused.add(way);
        await discard(response);
        continue;
      }
      if (response.status !== 206) throw await refusal(x, response);
      await discard(response);
      break;
    }
    throw new OciError("UNAVAILABLE", {
      status: 502,
      message: "upstream answered with another range than it was asked for",
    });
  };
}

type Way = "open" | "closed" | "whole";

/** How to ask for everything from byte `from` on, the cheapest first. */
function waysTo(from: number, total: number | undefined): [Way, string | undefined][] {
  const whole: [Way, undefined] = ["whole", undefined];
  if (from === 0) return [whole];
  const open: [Way, string] = ["open", `bytes=${from}-`];
  if (total === undefined || total <= from) return [open, whole];
  return [open, ["closed", `bytes=${from}-${total - 1}`], whole];
}

/** Whether the answer is about the range and not about the content. */
function isRangeRefusal({ status }: Response): boolean {
  return status === 206 || status === 400 || status === 416;
}

/**
 * Where in the content `response` begins, if it holds bytes that lead to `from`. A server may ignore
 * Range (RFC 9110, 14.2) and begin at the start.
 */
function offsetOf(response: Response, from: number): number | undefined {
  if (response.status === 200) return 0;
  if (response.status !== 206 || codingsOf(response.headers).length > 0) return undefined;
  const range = parseContentRange(response.headers.get("content-range"));
  return range?.start === from ? from : undefined;
}

function contentOf(x: Exchange, response: Response, offset: number): SourceAnswer {
  if (response.body === null) {
    throw new OciError("UNAVAILABLE", { status: 502, message: "upstream answered with nothing" });
  }
  const total = totalOf(response);
  const mediaType = bareMediaType(response.headers.get("content-type"));
  return { offset, total, mediaType, body: response.body, taken: x.received };
}

/** Bytes of the whole content, as the answer has it. */
function totalOf({ status, headers }: Response): number | undefined {
  if (status === 206) return parseContentRange(headers.get("content-range"))?.total;
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}
