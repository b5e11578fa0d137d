/** From a request to its record, and from an error to its response. */
import { DigestMismatch, RangeNotSatisfiable, SourceBroken } from "../../cache/errors.ts";
import { errorForClient } from "../names/client_names.ts";
import type { Origin } from "../http/origin.ts";
import { OciError } from "../oci/errors.ts";
import type { RecordSink, RequestRecord } from "./record.ts";
import { redactUrl } from "./redact.ts";
import { calledAs, type Target } from "../names/target.ts";
import { UpstreamError } from "../upstream/errors.ts";

/** What the listener knows of a connection. */
export interface Caller {
  /** Address of the peer. */
  peer: string;
  /** Settles when the response has been sent; rejects when the client went away. */
  completed?: Promise<void> | undefined;
  via: RequestRecord["via"];
  /** The registry that was called by its own name, through the forward proxy. */
  registry?: string | undefined;
  /** Who has signed in already, at the forward proxy. */
  user?: string | undefined;
}

/** A record with everything that is known when a request comes in. */
export function newRecord(
  request: Request,
  url: URL,
  origin: Origin,
  caller: Caller,
  now: number,
): RequestRecord {
  return {
    id: nextId(),
    time: now,
    method: request.method,
    kind: "page",
    path: shownPath(url),
    registry: "",
    repository: "",
    reference: "",
    status: 0,
    error: "",
    message: "",
    bytes: 0,
    upstreamBytes: 0,
    upstreamError: "",
    upstreamStatus: 0,
    upstreamMs: 0,
    firstByteMs: 0,
    durationMs: 0,
    aborted: false,
    cache: "none",
    client: origin.client,
    userAgent: (request.headers.get("user-agent") ?? "").slice(0, 200),
    user: "",
    via: caller.via,
  };
}

/** Where records go, and what o'clock it is. */
export interface Reporting {
  onRecord: RecordSink;
  /** Unix milliseconds. */
  now(): number;
}

/** Completes `record` and `response` with each other, and reports. */
export function finish(
  record: RequestRecord,
  response: Response,
  caller: Caller,
  reporting: Reporting,
): void {
  record.status = response.status;
  record.bytes = record.method === "HEAD" ? 0 : Number(response.headers.get("content-length") ?? 0);
  response.headers.set("docker-distribution-api-version", "registry/2.0");
  response.headers.set("x-request-id", record.id);
  report(record, caller.completed, reporting);
}

/** Hands `record` on once the body has been sent (`completed`), or its client has gone away. */
export function report(
  record: RequestRecord,
  completed: Promise<void> | undefined,
  { onRecord, now }: Reporting,
): void {
  record.firstByteMs = now() - record.time;
  const sent = () => {
    record.durationMs = now() - record.time;
    onRecord(record);
  };
  if (!completed) return sent();
  completed.then(sent, () => {
    record.aborted = true;
    record.bytes = 0;
    sent();
  });
}

let start = "";
let count = 0;

/** A request's id: unique within the process, and most likely beyond it. */
export function nextId(): string {
  start ||= crypto.randomUUID().slice(0, 8); // not before a request: some platforms forbid it
  return `${start}-${(++count).toString(36)}`;
}

/**
 * The one place where an error becomes a response. What is not ours to explain is a bare 500. Where
 * the request's `target` is known the client is told in the names that it knows.
 */
export function renderError(
  error: unknown,
  record: RequestRecord,
  method: string,
  target?: Target,
): Response {
  const known = explain(error, target);
  record.error = known.code;
  record.message = known.message;
  if (error instanceof UpstreamError) record.upstreamError = error.kind;
  const told = target ? errorForClient(target, known) : known;
  return told.toResponse(method === "HEAD");
}

function explain(error: unknown, target: Target | undefined): OciError {
  if (error instanceof OciError) return error;
  if (error instanceof RangeNotSatisfiable) {
    return new OciError("RANGE_INVALID", {
      headers: { "content-range": `bytes */${error.size}` },
      cause: error,
    });
  }
  if (error instanceof UpstreamError) {
    const { status, registry, reason, retryAfter = 10 } = error;
    const limited = status === 429;
    return new OciError(limited ? "TOOMANYREQUESTS" : "UNAVAILABLE", {
      status,
      message: `${target ? calledAs(target) : registry}: ${reason}`,
      headers: limited || status === 503 ? { "retry-after": String(Math.ceil(retryAfter)) } : {},
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
  return new OciError("UNKNOWN", {
    message: "something went wrong here; see the log",
    cause: error,
  });
}

/** Path and query without what may be secret. */
function shownPath({ pathname, search }: URL): string {
  return redactUrl(pathname + search).slice(0, 1024);
}
