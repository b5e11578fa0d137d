/**
 * Blobs whose bytes somebody else sends. The reverse proxy in front gets our headers with the path of
 * the file in `X-Accel-Redirect` and no body (nginx, ngx_http_proxy_module, `proxy_ignore_headers`);
 * the depot's store is asked by the client, which is redirected there. What may be had, and by whom,
 * has been decided here before.
 */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Cache } from "../../cache/api.ts";
import { resolveRange } from "../../cache/range.ts";
import type { Look } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import type { Exchange } from "../exchange.ts";
import { contentHeaders } from "./respond.ts";

/** Of smaller blobs a second look-up, or another request, costs more than it saves. */
const LEAST = 2 ** 20;

export interface HandOverRules {
  /** `cache.accel_redirect`: what a file's path begins with; empty: none is handed over. */
  accel_redirect: string;
  /** Told, for the log, what keeps the proxy from its part. */
  warn(line: string): void;
}

/** `X-Berth-Accel: no`: the proxy could not open the file and sends the request back. */
const ACCEL = "x-berth-accel";

export interface RedirectRules {
  /** `cache.depot.redirect`: whether the client at that address is sent to the depot's store. */
  redirects(client: string): boolean;
}

/** Others would judge these by what they know of the content, which is not what clients know of it. */
const CONDITIONS = ["if-match", "if-modified-since", "if-unmodified-since"];

/** A range that others read as we do. Of a malformed one it makes a 416, where we send it all. */
const PLAIN_RANGE = /^bytes=(\d+-\d*|-\d+)$/i;

/**
 * The answer to the GET `x` of what `look` has found that leaves the body to the proxy in front;
 * `undefined` where it has to be sent from here. The proxy applies `range`, the one that `x` asks for,
 * by itself. Throws RangeNotSatisfiable.
 */
export async function handOver(
  x: Exchange,
  cache: Pick<Cache, "fileOf">,
  look: Look,
  range: ByteRange | undefined,
  { accel_redirect: prefix, warn }: HandOverRules,
): Promise<Answer | undefined> {
  const { stat } = look;
  if (prefix === "" || !x.proxied || !stat || stat.size < LEAST) return undefined;
  const { headers: asked } = x.request;
  if (CONDITIONS.some((name) => asked.has(name)) || !readsAlike(asked, range)) return undefined;
  const { start, end } = resolveRange(range, stat.size);
  const file = await cache.fileOf(look);
  if (file === undefined) return undefined;
  if (asked.get(ACCEL) === "no") {
    // Evicted in between it would not be here; what is here, nginx has to be able to read.
    warn(`${look.digest}: the proxy in front could not open ${file}`);
    return undefined;
  }
  const headers = contentHeaders(x, stat, "hit");
  headers.set("x-accel-redirect", prefix + file);
  // With a 200 nginx says so itself, and would say it twice; with a 206 it does not.
  if (!range) headers.delete("accept-ranges");
  return {
    response: new Response(null, { headers }),
    cache: "hit",
    handedOver: { bytes: end - start, status: range ? 206 : 200 },
  };
}

/**
 * The answer to the GET `x` of what `look` has found that sends the client to the depot's store for
 * the body; `undefined` where it has to be sent from here. The client asks there for `range` again.
 * Throws RangeNotSatisfiable.
 */
export async function redirect(
  x: Exchange,
  cache: Pick<Cache, "linkTo">,
  look: Look,
  range: ByteRange | undefined,
  { redirects }: RedirectRules,
): Promise<Answer | undefined> {
  const known = look.stat ?? look.depot;
  if (!known || known.size < LEAST || !x.direct || !redirects(x.client)) return undefined;
  const { headers: asked } = x.request;
  const conditional = asked.has("if-range") || CONDITIONS.some((name) => asked.has(name));
  if (conditional || !readsAlike(asked, range)) return undefined;
  const { start, end } = resolveRange(range, known.size);
  const location = await cache.linkTo(look);
  if (location === undefined) return undefined;
  const { digest } = look;
  const headers = contentHeaders(x, { ...known, digest }, "hit");
  // These would be those of this answer, which has no content.
  for (const name of ["content-type", "etag", "accept-ranges"]) headers.delete(name);
  headers.set("location", location);
  headers.set("content-length", "0");
  headers.set("cache-control", "no-store");
  return {
    response: new Response(null, { status: 307, headers }),
    cache: "hit",
    handedOver: { bytes: end - start, status: 307 },
  };
}

/** Whether what others make of `Range` is `range`, also where an `If-Range` has let us drop it. */
function readsAlike(asked: Headers, range: ByteRange | undefined): boolean {
  const header = asked.get("range");
  return range ? PLAIN_RANGE.test(header!.trim()) : header === null;
}
