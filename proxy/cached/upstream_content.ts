/** Content by digest as upstream has it. */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Cache } from "../../cache/api.ts";
import { computeDigest, parseDigest } from "../../cache/digest.ts";
import type { Source, SourceAnswer } from "../../cache/types.ts";
import { ask, type Question, refusal } from "../ask.ts";
import { type Exchange, fullName } from "../exchange.ts";
import { discard, readLimited } from "../http/body.ts";
import { codingsOf } from "../http/content_coding.ts";
import { parseContentRange } from "../http/range.ts";
import { calledAs, repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { bareMediaType } from "../oci/manifest.ts";
import { UpstreamError, type UpstreamErrorKind } from "../upstream/errors.ts";
import { evidenceOf, isPage, isProof, sizeIn } from "./evidence.ts";
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
 * Asks by HEAD for what `wanted` names, and links what the repository is said to have to it.
 * `undefined` where the answer is of no use, as from a registry without HEAD or from a sign-in page.
 * Throws `OciError` for an answer that is no success, and `UpstreamError` where there was none.
 */
export async function headUpstream(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Known | undefined> {
  const { digest } = wanted;
  const response = await head(x, wanted, signal);
  if (!response || response.status === 405) return undefined;
  if (!response.ok) throw await refusal(x, response);
  const evidence = evidenceOf(response, { digest });
  if (evidence === "other") return undefined;
  if (evidence === "this") cache.link(repositoryKey(x.target), digest);
  const mediaType = bareMediaType(response.headers.get("content-type")).toLowerCase();
  return { digest, mediaType, size: sizeIn(response, digest) };
}

/**
 * Whether the repository has it, for the request of `x`: by HEAD, and where that is refused and the
 * client's own request is a GET, or says too little, by GET. `size`: bytes of it, where that is known.
 * Throws as {@linkcode headUpstream}, and a 502 for an answer that is about something else.
 */
export async function confirmUpstream(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  size?: number,
): Promise<void> {
  const asked = { digest: wanted.digest, size };
  const response = await head(x, wanted);
  if (response && !response.ok) {
    const final = x.request.method === "HEAD" && response.status !== 405;
    if (final || !isHint(x, response.status)) throw await refusal(x, response);
  }
  if (!response || !isProof(response, asked)) await confirmByGet(x, wanted, size);
  x.proof.confirm();
  cache.link(repositoryKey(x.target), wanted.digest);
}

/** By one byte of it, and where that says too little by all of it, if that is not too large. */
async function confirmByGet(x: Exchange, wanted: Wanted, size: number | undefined): Promise<void> {
  const { digest } = wanted;
  const response = await askForByte(x, wanted);
  const open = response.status === 200 && evidenceOf(response, { digest, size }) === "open";
  const proven = isProof(response, { digest, size }) ||
    (open && await hashes(response, digest, size));
  await discard(response);
  if (!proven) throw somethingElse(x);
}

/** Bytes that are read to see what they are. */
const MOST_HASHED = 8 * 2 ** 20;

/** Whether the body of `response` is the content. */
async function hashes(response: Response, digest: string, size = MOST_HASHED): Promise<boolean> {
  const bytes = await readLimited(response, Math.min(size, MOST_HASHED));
  return bytes !== undefined &&
    await computeDigest(bytes, parseDigest(digest)?.algorithm) === digest;
}

/**
 * Bytes of the content that `wanted` names, asked for by one byte of it; `undefined` where the answer
 * does not say. Throws as {@linkcode confirmUpstream}.
 */
export async function firstByte(
  x: Exchange,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const response = await askForByte(x, wanted, signal);
  await discard(response);
  if (response.status === 416) return undefined;
  if (evidenceOf(response, { digest: wanted.digest }) === "other") throw somethingElse(x);
  return sizeIn(response, wanted.digest);
}

/** Of nothing, there is no first byte: a 416 is an answer, too (RFC 9110, 15.5.17). */
async function askForByte(x: Exchange, wanted: Wanted, signal?: AbortSignal): Promise<Response> {
  const response = await ask(x, {
    method: "GET",
    path: wanted.path,
    headers: { ...(wanted.accept ? { accept: wanted.accept } : {}), range: "bytes=0-0" },
    retries: 0,
    ...(signal ? { signal } : {}),
  });
  if (response.status !== 416 && !response.ok) throw await refusal(x, response);
  return response;
}

/** The 502 for an answer that is about something else than what was asked for. */
export function somethingElse(x: Exchange): OciError {
  return new OciError("UNAVAILABLE", {
    status: 502,
    message: `${calledAs(x.target)} was asked for ${fullName(x)} and answered with something else`,
  });
}

async function head(
  x: Exchange,
  { path, accept }: Wanted,
  signal?: AbortSignal,
): Promise<Response | undefined> {
  const headers: HeadersInit = accept ? { accept } : {};
  return await askByHead(x, { path, headers, ...(signal ? { signal } : {}) });
}

/** Failures that a HEAD alone may have: walls close the connection, signed URLs are for GET only. */
const OF_HEAD: readonly UpstreamErrorKind[] = ["storage", "reset", "protocol", "redirect"];

/**
 * Asks by HEAD; `undefined` where that failed in a way that leaves open what a GET would come to. Where
 * the client's own request is a HEAD, only storage does, which is not the registry's word.
 */
export async function askByHead(x: Exchange, question: Question): Promise<Response | undefined> {
  try {
    const response = await ask(x, { ...question, method: "HEAD" });
    await response.body?.cancel();
    return response;
  } catch (error) {
    const kinds = x.request.method === "HEAD" ? OF_HEAD.slice(0, 1) : OF_HEAD;
    if (error instanceof UpstreamError && kinds.includes(error.kind)) return undefined;
    throw error;
  }
}

/**
 * Whether a HEAD that was refused with `status` leaves open what a GET would say: some registries and
 * the walls in front of them know no HEAD. Limits hold for both, and so does a client's own sign-in.
 */
export function isHint({ target }: Exchange, status: number): boolean {
  return status !== 429 && !(status === 401 && target.registry.auth.mode === "client");
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
      const offset = offsetOf(response, from, wanted.digest);
      if (offset !== undefined) return contentOf(x, response, offset);
      if (way !== "whole" && ABOUT_RANGE.includes(response.status)) {
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

/**
 * Statuses that may be about the range and not about the content: walls in front of a registry have
 * many words for a header that they do not let through.
 */
const ABOUT_RANGE: readonly number[] = [206, 400, 403, 405, 406, 412, 416, 501];

/**
 * Where in the content `response` begins, if it holds bytes that lead to `from`. A server may ignore
 * Range (RFC 9110, 14.2) and begin at the start; a page begins nothing.
 */
function offsetOf(response: Response, from: number, digest: string): number | undefined {
  if (response.status === 200) {
    const page = isPage(response.headers) && evidenceOf(response, { digest }) !== "this";
    return page ? undefined : 0;
  }
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
  const body = x.pace ? paced(response.body, x.pace) : response.body;
  return { offset, total, mediaType, body, taken: x.received };
}

/** `body`, no faster than `pace` allows. */
function paced(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  pace: NonNullable<Exchange["pace"]>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return body.pipeThrough(
    new TransformStream(
      {
        async transform(piece, controller) {
          await pace(piece.length);
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 1 },
      { highWaterMark: 0 },
    ),
  );
}

/** Bytes of the whole content, as the answer has it. */
function totalOf({ status, headers }: Response): number | undefined {
  if (status === 206) return parseContentRange(headers.get("content-range"))?.total;
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}
