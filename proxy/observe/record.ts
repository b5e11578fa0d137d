/** What is told of each request: one record feeds the log, the metrics and the dashboard. */
import type { Via } from "../http/caller.ts";

/** How the cache answered; `none` where it was not asked (pings, tag lists, pushes, errors). */
export type CacheResult = "hit" | "miss" | "joined" | "stale" | "revalidated" | "pass" | "none";

export type RequestKind =
  | "ping"
  | "manifest"
  | "blob"
  | "tags"
  | "catalog"
  | "referrers"
  | "upload"
  | "token"
  | "page"
  | "other";

/**
 * How the body of the answer ended; what is not complete was broken off, so that no client takes it
 * for the whole. `stopped`: by Berth itself, at its own end or for want of its disk. `handed over`: left
 * to the proxy in front, or with a 307 to the depot's store, which alone know how that ended.
 */
export type BodyEnd =
  | "complete"
  | "client closed"
  | "client stalled"
  | "upstream broke off"
  | "damaged"
  | "stopped"
  | "handed over";

/** One attempt to ask upstream. */
interface UpstreamAttempt {
  /** Unix milliseconds at which it began. */
  at: number;
  /** Milliseconds until response headers, redirects and sign-in included, or until it failed. */
  ms: number;
  /** 0 where there was no answer. */
  status: number;
  /** Why there was none, as a word: `refused`, `dns`, `not asked`; empty where there was one. */
  error: string;
}

export interface RequestRecord {
  /** Unique within the process; also sent as `X-Request-Id`. */
  id: string;
  /** Unix milliseconds at which the request came in. */
  time: number;
  method: string;
  kind: RequestKind;
  /** Path and query as asked, secrets redacted. */
  path: string;
  /** Registry name of the map; empty where the request names none. */
  registry: string;
  /** Upstream repository, e.g. `library/alpine`. */
  repository: string;
  /** Tag or digest. */
  reference: string;
  status: number;
  /** OCI error code where the answer is an error, e.g. `MANIFEST_UNKNOWN`. */
  error: string;
  /** The error's message; clients behind a `repo_prefix` see it in their own names. */
  message: string;
  /** Body bytes given to the client, whichever way the body ended; of one handed over, all of them. */
  bytes: number;
  /** Body bytes read from upstream for this request. */
  upstreamBytes: number;
  /** What came between Berth and the registry, as a word: `dns`, `tls`, `auth`; empty where nothing. */
  upstreamError: string;
  /** Status of the last upstream answer; 0 where upstream was not asked. */
  upstreamStatus: number;
  /** Milliseconds until upstream's response headers; 0 where it was not asked. */
  upstreamMs: number;
  /** Each attempt to ask upstream for it, in their order; empty where it was not asked. */
  attempts: UpstreamAttempt[];
  /** Milliseconds until our response headers. */
  firstByteMs: number;
  /** Milliseconds until the last byte was sent or the client went away. */
  durationMs: number;
  ended: BodyEnd;
  cache: CacheResult;
  /** Client address, after `X-Forwarded-For` from trusted proxies. */
  client: string;
  /** What a trusted proxy calls the client (`clients.name_header`); empty where none does. */
  clientName: string;
  userAgent: string;
  /** Signed-in user; empty where nobody is. */
  user: string;
  /** How the request arrived. */
  via: Via;
  /** The limit that refused it or slowed it down; empty where none did. */
  limited: string;
}

export type RecordSink = (record: RequestRecord) => void;
