/** Redirects, followed by hand: what may go where is decided here and not by `fetch`. */
import { discard } from "../http/body.ts";
import { UpstreamError } from "./errors.ts";
import type { TargetCheck } from "./target.ts";
import type { Outgoing } from "./transport.ts";

const MOST_REDIRECTS = 5;
const STATUSES = new Set([301, 302, 303, 307, 308]);

/** What another origin may see of our request; everything else is between us and the registry. */
const PUBLIC_HEADERS = new Set([
  "accept",
  "accept-encoding",
  "if-none-match",
  "if-range",
  "range",
  "user-agent",
]);

/** Sends one hop. `foreign`: not to the registry, or no longer on its word alone. */
type SendHop = (request: Outgoing, foreign: boolean) => Promise<Response>;

interface FollowOptions {
  /** Name of the registry, for errors. */
  registry: string;
  send: SendHop;
  checkTarget: TargetCheck;
  /** `pass`: a redirect to another origin is the answer. */
  redirects: "follow" | "pass";
}

/**
 * Sends `request` and follows its redirects, at most five. On another origin no private header goes
 * along, and none comes back when that origin points at the registry again: it would choose what our
 * credentials are used for. Never from HTTPS to HTTP. Throws {@linkcode UpstreamError}.
 */
export async function followRedirects(
  request: Outgoing,
  { registry, send, checkTarget, redirects }: FollowOptions,
): Promise<{ response: Response; url: URL }> {
  let hop = request;
  let foreign = false;
  for (let count = 0;; count++) {
    const response = await send(hop, foreign);
    const location = STATUSES.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return { response, url: hop.url };
    const next: URL | undefined = redirectTarget(location, hop.url);
    const leaves: boolean = foreign || next?.origin !== request.url.origin;
    if (next && leaves && redirects === "pass") {
      return { response: withLocation(response, next), url: hop.url };
    }
    await discard(response);
    if (!next) throw refusal(registry, "it redirects to something that is not a safe URL");
    if (count >= MOST_REDIRECTS) {
      throw refusal(registry, `it redirects more than ${MOST_REDIRECTS} times`);
    }
    if (hop.method !== "GET" && hop.method !== "HEAD") {
      throw refusal(registry, "it redirects a request that changes something");
    }
    foreign = leaves;
    hop = {
      ...hop,
      url: next,
      headers: foreign ? publicHeaders(hop.headers) : hop.headers,
      addresses: foreign ? await checkTarget(next) : undefined,
    };
  }
}

/**
 * Where `location` leads from `from`: resolved when relative; undefined for other schemes, for HTTP
 * after HTTPS, for URLs with credentials and for what is no URL.
 */
export function redirectTarget(location: string, from: URL): URL | undefined {
  const url = URL.parse(location, from);
  if (!url || url.username || url.password) return undefined;
  if (url.protocol !== "https:" && (url.protocol !== "http:" || from.protocol !== "http:")) {
    return undefined;
  }
  url.hash = "";
  return url;
}

/** The headers that may go to another origin. */
export function publicHeaders(headers: Headers): Headers {
  return new Headers([...headers].filter(([name]) => PUBLIC_HEADERS.has(name)));
}

function withLocation(response: Response, location: URL): Response {
  const headers = new Headers(response.headers);
  headers.set("location", location.href);
  return new Response(response.body, { status: response.status, headers });
}

function refusal(registry: string, reason: string): UpstreamError {
  return new UpstreamError("redirect", registry, { reason });
}
