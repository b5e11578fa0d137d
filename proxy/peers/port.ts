/**
 * The port where other Berths of the cluster ask for content, by digest, and for what their
 * dashboards show: given to whoever has the secret. It begins nothing, and asks nobody; content that
 * it gives was fetched for a client who was allowed to.
 */
import type { Clock } from "../../base/clock.ts";
import { RangeNotSatisfiable } from "../../cache/errors.ts";
import type { Cache } from "../../cache/api.ts";
import { parseDigest } from "../../cache/digest.ts";
import { listen, type Listener } from "../http/listen.ts";
import { parseRanges } from "../http/range.ts";
import { sendBody } from "../http/sent_body.ts";
import { SIGNATURE, verify } from "./signature.ts";

export interface PeerPortOptions {
  address: { hostname: string; port: number };
  cache: Pick<Cache, "follow" | "stat">;
  keys: readonly Uint8Array[];
  clock: Pick<Clock, "now" | "after">;
  /** Told of each piece of content that another one took. */
  sent(bytes: number): void;
  /** What this Berth tells of itself under `name`; undefined where that means nothing to it. */
  tell?(name: string, query: URLSearchParams): Promise<unknown>;
  /** All rows that peers have in common, as a newcomer takes them. */
  index?(): ReadableStream<Uint8Array>;
}

/** Milliseconds after which a peer that takes nothing more is given up. */
const STALLED = 60_000;

/** Listens for peers. Throws `ListenError`. */
export function peerPort(options: PeerPortOptions): Listener {
  const { address } = options;
  return listen({ address, handler: (request) => answer(request, options) });
}

const BLOBS = "/peer/v1/blobs/";
/** What else comes after it names what a Berth tells of itself. */
export const TOLD = "/peer/v1/";
export const HELLO = "/peer/v1/hello";
export const INDEX = "/peer/v1/index";
/** Whoever asks for what this version does not know goes on without it. */
const UNKNOWN = "nothing that this version knows";

async function answer(request: Request, options: PeerPortOptions): Promise<Response> {
  const { pathname, search, searchParams } = new URL(request.url);
  const { keys, clock } = options;
  const signed = verify(request.headers.get(SIGNATURE), pathname + search, clock.now(), keys);
  if (signed === "wrong") return problem(403, "cluster.secret differs, or this is no peer");
  if (signed === "late") return problem(403, "the clocks of the two are more than a minute apart");
  if (request.method !== "GET" && request.method !== "HEAD") return problem(405, "GET or HEAD");
  if (pathname === HELLO) return new Response(null, { status: 204 });
  if (pathname === INDEX && options.index) return index(options.index(), clock);
  if (!pathname.startsWith(BLOBS)) {
    const name = pathname.startsWith(TOLD) ? pathname.slice(TOLD.length) : "";
    const told = name && await options.tell?.(name, searchParams);
    return told ? Response.json(told) : problem(404, UNKNOWN);
  }
  const digest = pathname.slice(BLOBS.length);
  if (!parseDigest(digest)) return problem(404, UNKNOWN);
  return request.method === "HEAD"
    ? stat(digest, options)
    : await content(request, digest, options);
}

function index(rows: ReadableStream<Uint8Array>, clock: PeerPortOptions["clock"]): Response {
  const nothing = () => {};
  const limits = { clock, now: clock.now, timeout: STALLED };
  const body = sendBody(rows, { ...limits, taken: nothing, ended: nothing });
  return new Response(body, { headers: { "content-type": "application/gzip" } });
}

function stat(digest: string, { cache }: PeerPortOptions): Response {
  const known = cache.stat(digest);
  if (!known) return problem(404, "not found");
  return new Response(null, { headers: { "content-length": String(known.size) } });
}

async function content(
  request: Request,
  digest: string,
  { cache, clock, sent }: PeerPortOptions,
): Promise<Response> {
  const range = parseRanges(request.headers.get("range"))?.[0];
  const from = range && "start" in range ? range.start : 0;
  try {
    const found = await cache.follow(digest, from);
    if (!found) return problem(404, "not found");
    const { size, body, mediaType } = found;
    const stream = body instanceof Uint8Array ? new Response(body as BodyInit).body! : body;
    // Where the content ends has to be said with where a part of it begins (RFC 9110, 14.4).
    if (from > 0 && size === undefined) {
      await stream.cancel();
      return problem(404, "not available from that byte on");
    }
    const headers = new Headers({ "content-type": mediaType || "application/octet-stream" });
    if (size !== undefined) headers.set("content-length", String(size - from));
    if (from > 0) headers.set("content-range", `bytes ${from}-${size! - 1}/${size}`);
    const counted = sendBody(stream, {
      clock,
      now: clock.now,
      timeout: STALLED,
      taken: sent,
      ended: () => {},
    });
    return new Response(counted, { status: from > 0 ? 206 : 200, headers });
  } catch (error) {
    if (error instanceof RangeNotSatisfiable) return problem(416, error.message);
    return problem(404, "no longer available");
  }
}

function problem(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { "content-type": "text/plain" } });
}
