/**
 * The port where other Berths of the cluster ask for content: by digest, to whoever has the secret.
 * It begins nothing, and asks nobody; what it gives was fetched for a client who was allowed to.
 */
import { RangeNotSatisfiable } from "../../cache/errors.ts";
import type { Cache } from "../../cache/api.ts";
import { parseDigest } from "../../cache/digest.ts";
import { listen, type Listener } from "../http/listen.ts";
import { parseRanges } from "../http/range.ts";
import { SIGNATURE, verify } from "./signature.ts";

export interface PeerPortOptions {
  address: { hostname: string; port: number };
  cache: Pick<Cache, "follow" | "stat">;
  keys: readonly Uint8Array[];
  now(): number;
  /** Told of each piece of content that another one took. */
  sent(bytes: number): void;
}

/** Listens for peers. Throws `ListenError`. */
export function peerPort(options: PeerPortOptions): Listener {
  const { address } = options;
  return listen({ address, handler: (request) => answer(request, options) });
}

const BLOBS = "/peer/v1/blobs/";
export const HELLO = "/peer/v1/hello";

async function answer(request: Request, options: PeerPortOptions): Promise<Response> {
  const { pathname } = new URL(request.url);
  const { keys, now } = options;
  const verdict = verify(request.headers.get(SIGNATURE), pathname, now(), keys);
  if (verdict === "wrong") return problem(403, "cluster.secret differs, or this is no peer");
  if (verdict === "late") return problem(403, "the clocks of the two are more than a minute apart");
  if (request.method !== "GET" && request.method !== "HEAD") return problem(405, "GET or HEAD");
  if (pathname === HELLO) return new Response(null, { status: 204 });
  const digest = pathname.startsWith(BLOBS) ? pathname.slice(BLOBS.length) : "";
  // Whoever asks for what this version does not know goes on without it.
  if (!parseDigest(digest)) return problem(404, "nothing that this version knows");
  return request.method === "HEAD"
    ? stat(digest, options)
    : await content(request, digest, options);
}

function stat(digest: string, { cache }: PeerPortOptions): Response {
  const known = cache.stat(digest);
  if (!known) return problem(404, "not here");
  return new Response(null, { headers: { "content-length": String(known.size) } });
}

async function content(
  request: Request,
  digest: string,
  { cache, sent }: PeerPortOptions,
): Promise<Response> {
  const range = parseRanges(request.headers.get("range"))?.[0];
  const from = range && "start" in range ? range.start : 0;
  try {
    const found = await cache.follow(digest, from);
    if (!found) return problem(404, "not here");
    const { size, body, mediaType } = found;
    const headers = new Headers({ "content-type": mediaType || "application/octet-stream" });
    if (size !== undefined) headers.set("content-length", String(size - from));
    if (from > 0) {
      headers.set("content-range", `bytes ${from}-${(size ?? from + 1) - 1}/${size ?? "*"}`);
    }
    const stream = body instanceof Uint8Array ? new Response(body as BodyInit).body! : body;
    return new Response(stream.pipeThrough(counting(sent)), {
      status: from > 0 ? 206 : 200,
      headers,
    });
  } catch (error) {
    if (error instanceof RangeNotSatisfiable) return problem(416, error.message);
    return problem(404, "not here any more");
  }
}

function counting(sent: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(piece, controller) {
      sent(piece.length);
      controller.enqueue(piece);
    },
  });
}

function problem(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { "content-type": "text/plain" } });
}
