/** What a request line and its Host say of where a request goes, before anybody relies on it. */
import { OciError } from "../oci/errors.ts";

/**
 * Whether `request.url` is an address at all. The listener builds it from the request line and Host
 * as they came (RFC 9112, 3.3), and a client may say anything there: `Host: a b`, `GET w://:`.
 */
export function hasTarget({ url }: Request): boolean {
  if (addresses.has(url)) return true;
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return false;
  if (url.length > LONG) return true;
  if (addresses.size === MOST) addresses.clear();
  addresses.add(url);
  return true;
}

/** Some that are addresses: most requests to a busy proxy are for one of a few. */
const addresses = new Set<string>();
const MOST = 1000;
/** Longer ones are nobody's usual request, and would take memory. */
const LONG = 500;

/** The 400 for a request without one (RFC 9112, 3.2), in the form of the distribution spec. */
export function noTarget({ method }: Request): Response {
  const error = new OciError("NAME_INVALID", {
    status: 400,
    message: "the request line or the Host header is not an address; expected host or host:port",
  });
  return error.toResponse(method === "HEAD");
}
