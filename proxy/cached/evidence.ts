/** Whether an answer is about the content that was asked for. Pure. */
import { isOfNothing, parseDigest } from "../../cache/digest.ts";
import { parseContentRange } from "../http/range.ts";
import { bareMediaType } from "../oci/manifest.ts";

/** What is asked for. */
export interface Asked {
  digest: string;
  /** Bytes of it, where that is known. */
  size?: number | undefined;
}

/** What can be told from an answer: it is about the content, it is about something else, or neither. */
type Evidence = "this" | "other" | "open";

/**
 * A 200 alone says nothing: sign-in pages, captive portals and walls in front of a registry say it to
 * everything. That the registry has the content is said by its digest, or by its size.
 */
export function evidenceOf(response: Response, { digest, size }: Asked): Evidence {
  const { status, headers } = response;
  if (status === 416) return size !== undefined && unsatisfied(headers) === size ? "this" : "other";
  if (status !== 200 && status !== 206) return "other";
  const said = headers.get("docker-content-digest") ?? "";
  if (parseDigest(said)?.algorithm === parseDigest(digest)?.algorithm) {
    return said === digest ? "this" : "other";
  }
  if (isPage(headers)) return "other";
  const total = sizeIn(response, digest);
  if (size === undefined || total === undefined) return "open";
  if (total === size) return "this";
  // Lengths are often wrong in answers to HEAD; Content-Range is not.
  return status === 200 ? "open" : "other";
}

/**
 * Whether an answer is enough to say that the registry has the content. While that is still on its way
 * nobody knows its size: then an answer that is open counts, unless it is something to be read.
 */
export function isProof(response: Response, asked: Asked): boolean {
  const evidence = evidenceOf(response, asked);
  if (evidence !== "open") return evidence === "this";
  return asked.size === undefined && !READABLE.test(typeOf(response.headers));
}

/** Whether it is a page for people. */
export function isPage(headers: Headers): boolean {
  return PAGE.test(typeOf(headers));
}

const PAGE = /^(text\/html|application\/xhtml\+xml)$/i;
/** What servers say instead of content. Some have no type for content, none has these. */
const READABLE = /^(text\/.*|application\/(.*[+])?(json|xml))$/i;

function typeOf(headers: Headers): string {
  return bareMediaType(headers.get("content-type"));
}

/**
 * Bytes of the whole content that an answer is about; `undefined` where it does not say. Some servers
 * say 0 to every HEAD, which counts only where `digest` is that of nothing.
 */
export function sizeIn(
  { status, headers }: Pick<Response, "status" | "headers">,
  digest = "",
): number | undefined {
  if (status === 206) return parseContentRange(headers.get("content-range"))?.total;
  const length = headers.get("content-length") ?? "";
  if (!/^\d{1,15}$/.test(length)) return undefined;
  const size = Number(length);
  return size === 0 && !isOfNothing(digest) ? undefined : size;
}

/** The size that a 416 tells (RFC 9110, 15.5.17): of nothing, there is no first byte. */
function unsatisfied(headers: Headers): number | undefined {
  const size = /^bytes \*\/(\d{1,15})$/i.exec(headers.get("content-range")?.trim() ?? "")?.[1];
  return size === undefined ? undefined : Number(size);
}
