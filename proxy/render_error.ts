/** From an error to the response that tells a client of it. */
import {
  DigestMismatch,
  RangeNotSatisfiable,
  SourceBroken,
  StorageError,
} from "../cache/errors.ts";
import { errorForClient } from "./names/client_names.ts";
import { calledAs, type Target } from "./names/target.ts";
import { OciError } from "./oci/errors.ts";
import { UpstreamError } from "./upstream/errors.ts";

/**
 * The one place where an error becomes a response. Where the request's `target` is known the client
 * is told in the names that it knows. `method` is the request's: a HEAD gets no body.
 */
export function renderError(error: unknown, method: string, target?: Target): Response {
  const known = ociErrorOf(error, target);
  const shown = target ? errorForClient(target, known) : known;
  return shown.toResponse(method === "HEAD");
}

/** `error` as one of the registry API. What cannot be explained here is a bare 500. */
export function ociErrorOf(error: unknown, target: Target | undefined): OciError {
  if (error instanceof OciError) return error;
  if (error instanceof RangeNotSatisfiable) {
    return new OciError("RANGE_INVALID", {
      headers: { "content-range": `bytes */${error.size}` },
      cause: error,
    });
  }
  if (error instanceof UpstreamError) {
    const { status, registry, reason, retryAfter = 10, unasked } = error;
    const limited = status === 429;
    const tellsWhen = limited || status === 503 || unasked;
    return new OciError(limited ? "TOOMANYREQUESTS" : "UNAVAILABLE", {
      status,
      message: `${target ? calledAs(target) : registry}: ${reason}`,
      headers: tellsWhen ? { "retry-after": String(Math.ceil(retryAfter)) } : {},
      cause: error,
    });
  }
  if (error instanceof DigestMismatch || error instanceof SourceBroken) {
    return new OciError("UNAVAILABLE", {
      status: 502,
      message: "upstream did not send the content that the digest promises",
      cause: error,
    });
  }
  if (error instanceof StorageError) return storageFailed(error);
  return new OciError("UNKNOWN", {
    message: "something went wrong here; see the log",
    cause: error,
  });
}

/** Upstream is not to blame: the operator has to look at the disk. */
function storageFailed(error: StorageError): OciError {
  const { what, where, cause } = error;
  return new OciError("UNAVAILABLE", {
    status: 503,
    message: `the proxy could not ${what} in ${where} (${cause.message}): check that its disk is ` +
      "mounted and not full, that cache.dir is the right path, and that the proxy may read and " +
      "write there",
    cause: error,
  });
}
