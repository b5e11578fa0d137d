/** The end of a request: what is known of it goes to its record, and its answer may be kept. */
import type { Clock } from "../base/clock.ts";
import { ContentDamaged, DigestMismatch, SourceBroken } from "../cache/errors.ts";
import type { Answer } from "./answer.ts";
import type { ReadyAnswers } from "./cached/ready_answers.ts";
import { sendBody, type Sent } from "./http/sent_body.ts";
import type { BodyEnd, RequestRecord } from "./observe/record.ts";
import { report, type Reporting } from "./observe/recording.ts";
import { OciError } from "./oci/errors.ts";
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

interface Finishing extends Reporting {
  clock: Pick<Clock, "after">;
  /** Milliseconds after which a client that takes nothing more of a body is given up; 0: never. */
  sendTimeout: number;
  /** What breaks each body off that is being sent. */
  sending?: Set<() => void> | undefined;
}

/**
 * Completes record and response with each other, keeps what may be given again, and reports when the
 * body has ended. The result is the response to send.
 */
export function finish(
  { arrival, response, answer, error }: Finished,
  finishing: Finishing,
  ready?: ReadyAnswers,
): Response {
  const { record } = arrival;
  writeSubject(record, arrival);
  if (error) writeError(record, ociErrorOf(error, arrival), error);
  record.cache = answer?.cache ?? "none";
  record.status = response.status;
  record.firstByteMs = finishing.now() - record.time;
  response.headers.set("docker-distribution-api-version", "registry/2.0");
  response.headers.set("x-request-id", record.id);
  // An answer to credentials of a client's own is for that client.
  const shared = arrival.target?.registry.auth.mode !== "client";
  if (answer?.again && shared) ready?.keep(arrival, response, answer.again);
  if (answer && !answer.again && response.body && record.method !== "HEAD") {
    const passed = answer.fromUpstream || answer.cache === "pass";
    const { used } = answer;
    return sendCounted(arrival, { response, body: response.body, passed, used }, finishing);
  }
  arrival.pass?.done();
  // Small and in memory: it is in the socket's buffer as soon as it is sent.
  record.bytes = record.method === "HEAD" ? 0 : Number(response.headers.get("content-length") ?? 0);
  if (!answer?.handedOver) arrival.pass?.sent(record.bytes);
  else {
    Object.assign(record, { ...answer.handedOver, ended: "handed over" });
    const speed = arrival.pass?.speed;
    // For the proxy in front: a client that is sent to the depot has nothing to do with it.
    if (speed !== undefined && answer.handedOver.status !== 307) {
      response.headers.set("x-accel-limit-rate", String(speed));
    }
  }
  arrival.reported = true;
  report(record, arrival.caller.completed, told(arrival, finishing));
  return response;
}

/** `response` with a body that is counted as it is taken; its end completes the record. */
function sendCounted(
  arrival: Arrival,
  { response, body, passed, used }: {
    response: Response;
    body: ReadableStream<Uint8Array>;
    /** Each byte of it comes from upstream. */
    passed: boolean;
    used: Answer["used"];
  },
  { clock, sendTimeout, sending, ...reporting }: Finishing,
): Response {
  const { record, caller, pass } = arrival;
  const { holds } = caller;
  const counted = sendBody(body, {
    clock,
    now: reporting.now,
    timeout: sendTimeout,
    pace: pass,
    running: sending,
    taken(bytes, all) {
      if (passed) record.upstreamBytes += bytes;
      pass?.sent(bytes);
      // What came before this chunk was taken when it was asked for.
      if (holds !== undefined) used?.(all - bytes - holds);
    },
    ended({ bytes, end }) {
      pass?.done();
      record.bytes = bytes;
      record.ended = endOf(end);
      if (end.kind === "failed") writeError(record, ociErrorOf(asError(end.error), arrival));
      arrival.reported = true;
      const sent = end.kind === "complete" ? caller.completed : undefined;
      report(record, sent, told(arrival, reporting));
    },
  });
  return new Response(counted, response);
}

/** `reporting`, and the caller is told, too, where it wants to be. */
function told({ caller: { recorded } }: Arrival, { onRecord, now }: Reporting): Reporting {
  if (!recorded) return { onRecord, now };
  const both = (record: RequestRecord) => {
    onRecord(record);
    recorded(record);
  };
  return { onRecord: both, now };
}

function endOf(end: Sent["end"]): BodyEnd {
  switch (end.kind) {
    case "complete":
      return "complete";
    case "closed":
      return "client closed";
    case "stalled":
      return "client stalled";
    case "stopped":
      return "stopped";
    case "failed": {
      const { error } = end;
      if (error instanceof DigestMismatch || error instanceof ContentDamaged) return "damaged";
      const upstream = error instanceof SourceBroken || error instanceof UpstreamError ||
        error instanceof OciError;
      return upstream ? "upstream broke off" : "stopped";
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
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

function writeError(record: RequestRecord, { code, message }: OciError, error?: Error): void {
  record.error = code;
  record.message = message;
  if (error instanceof UpstreamError) record.upstreamError = error.kind;
}
