/** From an error to the response that tells a client of it. */
import {
  DigestMismatch,
  RangeNotSatisfiable,
  SourceBroken,
  StorageError,
} from "../cache/errors.ts";
import { errorForClient } from "./names/client_names.ts";
import { calledAs, type Target } from "./names/target.ts";
import { fullName } from "./exchange.ts";
import { type OciCode, OciError } from "./oci/errors.ts";
import type { OciPath } from "./oci/path.ts";
import { UpstreamError } from "./upstream/errors.ts";

/** What an error is about, as far as it was known when it happened. */
interface Subject {
  target?: Target;
  path?: OciPath;
  request?: Pick<Request, "method">;
}

/**
 * The one place where an error becomes a response. Where the request's `target` is known the client
 * is told in the names that it knows. `method` is the request's: a HEAD gets no body.
 */
export function renderError(error: unknown, method: string, subject: Subject = {}): Response {
  const known = ociErrorOf(error, subject);
  const shown = subject.target ? errorForClient(subject.target, known) : known;
  return shown.toResponse(method === "HEAD");
}

/** `error` as one of the registry API. What cannot be explained here is a bare 500. */
export function ociErrorOf(error: unknown, subject: Subject): OciError {
  const { target } = subject;
  if (error instanceof OciError) return error;
  if (error instanceof UpstreamError && error.kind === "offline") {
    return notHere(error, subject);
  }
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
    message: "internal error; see the log",
    cause: error,
  });
}

/** How content is called unknown, by the kind of path that asks for it. */
const UNKNOWN: Partial<Record<OciPath["kind"], OciCode>> = {
  manifest: "MANIFEST_UNKNOWN",
  blob: "BLOB_UNKNOWN",
};

/**
 * A registry that is set to offline does not have what is not cached: a client that is told so goes to
 * its next address. For what only the registry does, such as taking a push, 503 is the truth.
 */
function notHere(error: UpstreamError, { target, path, request }: Subject): OciError {
  const name = target ? calledAs(target) : error.registry;
  const code = path && UNKNOWN[path.kind];
  if (!target || !code || !/^(GET|HEAD)$/.test(request?.method ?? "GET")) {
    return new OciError("UNAVAILABLE", { message: `${name}: ${error.reason}`, cause: error });
  }
  const message = `${fullName({ target, path })} is not cached, and ${name} is set to offline`;
  return new OciError(code, { message, cause: error });
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
