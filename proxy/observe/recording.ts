/** A request's record from its first moment to the one when it is handed on. */
import type { Caller } from "../http/caller.ts";
import type { Origin } from "../http/origin.ts";
import type { RecordSink, RequestRecord } from "./record.ts";
import { redactUrl } from "./redact.ts";

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
    attempts: [],
    firstByteMs: 0,
    durationMs: 0,
    ended: "complete",
    cache: "none",
    client: origin.client,
    clientName: origin.name,
    userAgent: (request.headers.get("user-agent") ?? "").slice(0, 200),
    user: "",
    via: caller.via,
    limited: "",
  };
}

/** Where records go, and what time it is. */
export interface Reporting {
  onRecord: RecordSink;
  /** Unix milliseconds. */
  now(): number;
}

/** Hands on `record` of an answer that is complete: nothing will be added to it. */
export function reportComplete(record: RequestRecord, { onRecord, now }: Reporting): void {
  record.durationMs = now() - record.time;
  onRecord(record);
}

/** Hands `record` on; once the response has been sent where there is a promise of that. */
export function report(
  record: RequestRecord,
  completed: Promise<void> | undefined,
  { onRecord, now }: Reporting,
): void {
  const sent = () => {
    record.durationMs = now() - record.time;
    // A download that goes on behind the answer must not change what was told of it.
    onRecord({ ...record, attempts: record.attempts.length > 0 ? [...record.attempts] : NONE });
  };
  if (completed) completed.then(sent, sent);
  else sent();
}

const NONE: RequestRecord["attempts"] = [];

let start = "";
let count = 0;

/** A request's id: unique within the process, and most likely beyond it. */
export function nextId(): string {
  start ||= crypto.randomUUID().slice(0, 8); // not before a request: some platforms forbid it
  return `${start}-${(++count).toString(36)}`;
}

/** Path and query without what may be secret. */
function shownPath({ pathname, search }: URL): string {
  return redactUrl(pathname + search).slice(0, 1024);
}
