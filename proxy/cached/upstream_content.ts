/** Content by digest as upstream has it. */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Cache } from "../../cache/api.ts";
import { isOfNothing } from "../../cache/digest.ts";
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
 * Asks by HEAD for what `wanted` names, and links what the repository has to it. `undefined` where the
 * registry has no HEAD. Throws `OciError` for an answer that is no success, and `UpstreamError` where
 * there was none.
 */
export async function headUpstream(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Known | undefined> {
  const response = await head(x, wanted, signal);
  if (response.status === 405) return undefined;
  if (!response.ok) throw await refusal(x, response);
  cache.link(repositoryKey(x.target), wanted.digest);
  return {
    digest: wanted.digest,
    mediaType: bareMediaType(response.headers.get("content-type")),
    size: sizeOf(response, wanted.digest),
  };
}

/**
 * Whether the repository has it, for the request of `x`: by HEAD, and where that is refused and the
 * client's own request is a GET, by one that asks for a byte. Throws as {@linkcode headUpstream}.
 */
export async function confirmUpstream(x: Exchange, cache: Cache, wanted: Wanted): Promise<void> {
  const response = await head(x, wanted);
  const final = x.request.method === "HEAD" && response.status !== 405;
  if (!response.ok && (final || !isHint(x, response.status))) throw await refusal(x, response);
  if (!response.ok) await firstByte(x, wanted);
  cache.link(repositoryKey(x.target), wanted.digest);
}

/**
 * Bytes of the content that `wanted` names, asked for by one byte of it; `undefined` where the answer
 * does not say. Throws as {@linkcode headUpstream}.
 */
export async function firstByte(
  x: Exchange,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const response = await ask(x, {
    method: "GET",
    path: wanted.path,
    headers: { ...(wanted.accept ? { accept: wanted.accept } : {}), range: "bytes=0-0" },
    retries: 0,
    ...(signal ? { signal } : {}),
  });
  const { status } = response;
  // Of nothing, there is no first byte (RFC 9110, 15.5.17).
  if (status !== 416 && !response.ok) throw await refusal(x, response);
  await discard(response);
  if (status === 200) return sizeOf(response, wanted.digest);
  return parseContentRange(response.headers.get("content-range"))?.total;
}

async function head(x: Exchange, wanted: Wanted, signal?: AbortSignal): Promise<Response> {
  const response = await ask(x, {
    method: "HEAD",
    path: wanted.path,
    headers: wanted.accept ? { accept: wanted.accept } : {},
    ...(signal ? { signal } : {}),
  });
  await response.body?.cancel();
  return response;
}

/**
 * Whether a HEAD that was refused with `status` leaves open what a GET would say: some registries and
 * the walls in front of them know no HEAD. Limits hold for both, and so does a client's own sign-in.
 */
export function isHint({ target }: Exchange, status: number): boolean {
  return status !== 429 && !(status === 401 && target.registry.auth.mode === "client");
}

/**
 * Bytes of the content that `response` is about; `undefined` where it does not say. Some servers say
 * 0 to every HEAD, which counts only where `digest` is that of nothing.
 */
export function sizeOf({ headers }: Response, digest = ""): number | undefined {
  const length = headers.get("content-length") ?? "";
  if (!/^\d{1,15}$/.test(length)) return undefined;
  const size = Number(length);
  return size === 0 && !isOfNothing(digest) ? undefined : size;
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
