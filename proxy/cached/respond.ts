/** Content of the cache as an answer. */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Content } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import type { Exchange } from "../exchange.ts";
import { matchesEtag } from "../http/etag.ts";
import { inPieces } from "../http/sent_body.ts";
import type { CacheResult } from "../observe/record.ts";
import { AT_ONCE } from "./ready_answers.ts";

/** `Cache-Status` (RFC 9211) of each result. */
const CACHE_STATUS: Record<CacheResult, string> = {
  hit: "berth; hit",
  stale: "berth; hit; detail=stale",
  miss: "berth; fwd=miss; stored",
  joined: "berth; fwd=miss; collapsed",
  revalidated: "berth; fwd=stale; fwd-status=200; detail=revalidated",
  pass: "berth; fwd=bypass",
  none: "",
};

/** What is known of content without opening it. */
export interface Known {
  digest: string;
  mediaType: string;
  /** Bytes of the whole; unknown while a fill without Content-Length runs. */
  size?: number | undefined;
}

/** Headers that every answer with content carries, also a HEAD and a 304. */
export function contentHeaders({ path }: Exchange, known: Known, result: CacheResult): Headers {
  const headers = new Headers({
    "content-type": known.mediaType || "application/octet-stream",
    "docker-content-digest": known.digest,
    "etag": `"${known.digest}"`,
    "cache-status": CACHE_STATUS[result],
  });
  if (path.kind === "blob") headers.set("accept-ranges", "bytes");
  return headers;
}

/** `answer`, of which something else is to be said than that the cache had it. */
export function withResult(answer: Answer, result: CacheResult): Answer {
  answer.response.headers.set("cache-status", CACHE_STATUS[result]);
  return { ...answer, cache: result, again: undefined };
}

/** A 304 when the client holds `known` already. */
export function notModified(x: Exchange, known: Known, result: CacheResult): Answer | undefined {
  if (!matchesEtag(x.request.headers.get("if-none-match"), `"${known.digest}"`)) return undefined;
  const headers = contentHeaders(x, known, result);
  return { response: new Response(null, { status: 304, headers }), cache: result };
}

/** The answer to a HEAD. */
export function headOf(x: Exchange, known: Known, result: CacheResult): Answer {
  const headers = contentHeaders(x, known, result);
  if (known.size !== undefined) headers.set("content-length", String(known.size));
  const response = new Response(null, { headers });
  if (result !== "hit") return { response, cache: result };
  return { response, cache: result, again: { body: null, digest: known.digest, until: Infinity } };
}

/**
 * 200 with all of `content`, or 206 with the part that it holds, which may be all of it where a
 * `range` was asked for (RFC 9110, 15.3.7).
 */
export function respond(
  x: Exchange,
  content: Content,
  result: CacheResult,
  range?: ByteRange,
): Answer {
  const headers = contentHeaders(x, content, result);
  const { body, offset, length, size } = content;
  if (length !== undefined) headers.set("content-length", String(length));
  const partial = range !== undefined && length !== undefined && size !== undefined && length > 0;
  if (partial) headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${size}`);
  const large = body instanceof Uint8Array && body.length > AT_ONCE;
  const sent = large ? inPieces(body) : body;
  const response = new Response(sent as BodyInit, { status: partial ? 206 : 200, headers });
  const whole = result === "hit" && body instanceof Uint8Array && !large && !partial;
  return whole
    ? { response, cache: result, again: { body, digest: content.digest, until: Infinity } }
    : { response, cache: result, used: content.used };
}
