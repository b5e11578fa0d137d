/** A request in words: what happened, and why. */
import type { RequestEntry } from "../api/schema/activity.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { isFailure } from "./results.ts";

/** What the cache decided, as a sentence. */
export function explainCache(entry: RequestEntry): string {
  switch (entry.cache) {
    case "hit":
      return entry.upstreamStatus > 0
        ? "Served from the cache after upstream was asked whether it is still current."
        : "Served from the cache. Upstream was not contacted.";
    case "revalidated":
      return "Upstream confirmed that it is unchanged; served from the cache.";
    case "joined":
      return "Another client was already downloading it; this request shared that download.";
    case "stale":
      return "Upstream failed, so the cached copy was served; it may be out of date.";
    case "miss":
      return entry.bytes > 0 && entry.upstreamBytes === 0
        ? "Not on the disk: taken from the depot, and stored if it was complete."
        : "Not in the cache: downloaded from upstream, and stored if it was complete.";
    case "pass":
      return "Passed through to upstream. Responses of this kind are not cached.";
    case "none":
      if (entry.attempts.length > 0 && isFailure(entry)) {
        return "Not in the cache, and upstream did not return it.";
      }
      return isFailure(entry)
        ? "Cache not consulted."
        : "Answered by Berth itself; cache not consulted.";
  }
}

/** What went wrong and what to do next; empty where nothing did. */
export function explainFailure(entry: RequestEntry): string {
  if (!isFailure(entry)) return "";
  const advice = ADVICE.find(({ matches }) => matches(entry))?.text ?? "";
  return [sentence(entry.message), advice].filter((part) => part !== "").join(" ");
}

/** Whether a rule about what may come through refused it. */
export function isPolicy({ error, message }: RequestEntry): boolean {
  return error === "DENIED" && / of \S+ was refused: /.test(message);
}

const sentence = (text: string): string => text === "" || /[.!?]$/.test(text) ? text : `${text}.`;

const ADVICE: { matches: (entry: RequestEntry) => boolean; text: string }[] = [
  {
    matches: ({ status }) => status === 429,
    text:
      "The registry limits pulls. Set credentials for it under Registries to get a larger quota, or wait.",
  },
  {
    matches: ({ status }) => status === 401,
    text:
      "The client must sign in, or its credentials were rejected. This is normal for the first request of a pull.",
  },
  {
    matches: isPolicy,
    text: "What stands in brackets decided, and stands under Settings, Policy.",
  },
  {
    matches: ({ status }) => status === 403,
    text:
      "The account used may not read this repository. Check the registry's credentials and its allow and deny lists.",
  },
  {
    matches: ({ error }) => error === "NAME_UNKNOWN",
    text:
      "Either the repository is misspelt, it is private, or the name was meant for another registry.",
  },
  {
    matches: ({ status, kind }) => status === 404 && kind === "manifest",
    text: "Check the tag: it may have been deleted upstream.",
  },
  {
    matches: ({ upstreamError }) => upstreamError === "auth",
    text: "Check its user name, password or token under Registries.",
  },
  {
    matches: ({ status }) => status === 502 || status === 503 || status === 504,
    text: "Test the registry under Registries: each step shows where it fails.",
  },
  {
    matches: ({ status }) => status === 405,
    text: "Pushing is off unless allow_push is set.",
  },
];

/** One stretch of a request's time, in milliseconds from its start. */
interface Stretch {
  name: string;
  from: number;
  to: number;
}

/**
 * Where the time went: each attempt to ask upstream and the waiting between them, Berth's own work,
 * sending the body. Stretches of no length are left out.
 */
export function stretchesOf(entry: RequestEntry): Stretch[] {
  const { attempts, time, firstByteMs, durationMs } = entry;
  const stretches: Stretch[] = [];
  let end = 0;
  for (const [index, attempt] of attempts.entries()) {
    const from = Math.min(attempt.at - time, durationMs);
    const to = Math.min(from + attempt.ms, durationMs);
    const waited = index === 0 ? "Preparing the request" : "Waiting before the next attempt";
    if (from > end && from <= firstByteMs) stretches.push({ name: waited, from: end, to: from });
    stretches.push({ name: attemptName(entry, index), from, to });
    end = Math.max(end, to);
  }
  const prepared = Math.min(end, firstByteMs);
  return [
    ...stretches,
    { name: "Preparing the response", from: prepared, to: firstByteMs },
    { name: "Sending the body", from: firstByteMs, to: durationMs },
  ].filter(({ from, to }) => to > from);
}

function attemptName({ attempts }: RequestEntry, index: number): string {
  const said = attemptResult(attempts[index]!);
  return attempts.length === 1 ? `Upstream: ${said}` : `Attempt ${index + 1}: ${said}`;
}

const RESULTS: Record<string, string> = {
  refused: "connection refused",
  unreachable: "no route",
  dns: "name not resolved",
  tls: "TLS handshake failed",
  timeout: "no answer in time",
  reset: "connection closed",
  auth: "credentials rejected",
  aborted: "stopped",
};

/** How an attempt ended: `200`, `connection refused`. */
function attemptResult({ status, error }: RequestEntry["attempts"][number]): string {
  return error === "" ? String(status) : RESULTS[error] ?? error.replaceAll("-", " ");
}

/** What upstream said, or why it said nothing: `200 after 80 ms, 2 attempts`. */
export function explainUpstream({ attempts, upstreamStatus, upstreamMs }: RequestEntry): string {
  const [last] = attempts.slice(-1);
  const tries = attempts.length > 1 ? `, ${attempts.length} attempts` : "";
  if (upstreamStatus > 0) return `${upstreamStatus} after ${formatDuration(upstreamMs)}${tries}`;
  if (!last) return "";
  return last.error === "not asked"
    ? "known to be down, not contacted"
    : `${attemptResult(last)}${tries}`;
}

const ENDS: Record<RequestEntry["ended"], string> = {
  "complete": "",
  "client closed": "; the client closed the connection before the end",
  "client stalled": "; the client stopped reading and was disconnected",
  "upstream broke off": "; upstream broke off, so the client got a short answer it can tell",
  "damaged": "; the content did not match its digest, so the answer was broken off",
  "stopped": "; Berth broke off the answer",
  "handed over": "",
};

/** The transfer in a sentence: how much, how long, from where. */
export function explainTransfer(entry: RequestEntry): string {
  const sent = entry.ended === "handed over"
    ? `${formatBytes(entry.bytes)} left to ${
      entry.status === 307 ? "the depot's store" : "the proxy in front"
    } to send`
    : `${formatBytes(entry.bytes)} sent in ${formatDuration(entry.durationMs)}`;
  const read = entry.upstreamBytes > 0
    ? `, ${formatBytes(entry.upstreamBytes)} read from upstream`
    : "";
  return `${sent}${read}${ENDS[entry.ended]}.`;
}
