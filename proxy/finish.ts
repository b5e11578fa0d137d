/** The end of a request: what is known of it goes to its record, and its answer may be kept. */
import type { Answer } from "./answer.ts";
import type { ReadyAnswers } from "./cached/ready_answers.ts";
import { report, type Reporting } from "./observe/recording.ts";
import type { RequestRecord } from "./observe/record.ts";
import type { Arrival } from "./receive.ts";
import { ociErrorOf } from "./render_error.ts";
import { UpstreamError } from "./upstream/errors.ts";

export interface Finished {
  arrival: Arrival;
  /** As the client gets it. */
  response: Response;
  /** What a handler answered; none for pages and errors. */
  answer: Answer | undefined;
  /** What was thrown, where `response` tells of an error. */
  error: Error | undefined;
}

/** Completes record and response with each other, keeps what may be given again, and reports. */
export function finish(
  { arrival, response, answer, error }: Finished,
  reporting: Reporting,
  ready?: ReadyAnswers,
): void {
  const { record, caller } = arrival;
  writeSubject(record, arrival);
  if (error) writeError(record, error, arrival);
  record.cache = answer?.cache ?? "none";
  record.status = response.status;
  record.bytes = record.method === "HEAD" ? 0 : Number(response.headers.get("content-length") ?? 0);
  response.headers.set("docker-distribution-api-version", "registry/2.0");
  response.headers.set("x-request-id", record.id);
  // An answer to credentials of a client's own is for that client.
  const shared = arrival.target?.registry.auth.mode !== "client";
  if (answer?.again && shared) ready?.keep(arrival, response, answer.again);
  report(record, caller.completed, reporting);
}

/** What the request turned out to be about before it was answered or refused. */
function writeSubject(record: RequestRecord, { kind, path, user, target }: Arrival): void {
  record.kind = kind;
  if (path?.kind === "manifest") record.reference = path.reference.value;
  if (path?.kind === "blob" || path?.kind === "referrers") record.reference = path.digest;
  record.user = user;
  if (!target) return;
  record.registry = target.registry.name;
  record.repository = target.repository;
}

function writeError(record: RequestRecord, error: Error, { target }: Arrival): void {
  const { code, message } = ociErrorOf(error, target);
  record.error = code;
  record.message = message;
  if (error instanceof UpstreamError) record.upstreamError = error.kind;
}
