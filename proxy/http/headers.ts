/** Which headers pass, and in which direction. Lists of what passes: cookies and hop-by-hop do not. */

const TO_UPSTREAM = [
  "accept",
  "content-length",
  "content-range",
  "content-type",
  "if-match",
  "if-none-match",
  "range",
];

const TO_CLIENT = [
  "accept-ranges",
  "content-length",
  "content-range",
  "content-type",
  "docker-content-digest",
  "docker-distribution-api-version",
  "docker-ratelimit-source",
  "docker-upload-uuid",
  "etag",
  "last-modified",
  "oci-chunk-min-length",
  "oci-filters-applied",
  "oci-subject",
  "range",
  "ratelimit-limit",
  "ratelimit-remaining",
  "retry-after",
  "warning",
];

/** The client's headers that upstream is to see. Several `Accept` lines arrive as one. */
export function requestHeaders(from: Headers): Headers {
  return pick(from, TO_UPSTREAM);
}

/** Upstream's headers that the client is to see; `Location` and `Link` are mapped by their handler. */
export function responseHeaders(from: Headers): Headers {
  return pick(from, TO_CLIENT);
}

function pick(from: Headers, names: string[]): Headers {
  const headers = new Headers();
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}

/** One `bytes=` range: from–to (inclusive), or the last `suffix` bytes. */
export type ByteRange = { start: number; end?: number } | { suffix: number };

/**
 * `Range` as one byte range (RFC 9110, 14.1.2). `undefined` where there is none, or what may be
 * ignored: another unit, several ranges, a malformed or upside-down one.
 */
export function parseRange(header: string | null): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") return { suffix: Number(match[2]) };
  const start = Number(match[1]);
  if (match[2] === "") return { start };
  const end = Number(match[2]);
  return end < start ? undefined : { start, end };
}

/** `Content-Range` of a 206: `bytes a-b/total`; the total is unknown where it is `*`. */
export function parseContentRange(
  header: string | null,
): { start: number; end: number; total: number | undefined } | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header?.trim() ?? "");
  if (!match) return undefined;
  return {
    start: Number(match[1]),
    end: Number(match[2]),
    total: match[3] === "*" ? undefined : Number(match[3]),
  };
}

/** True where `If-None-Match` names `etag` (weak comparison, RFC 9110, 13.1.2). */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (!header) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((tag) => bare(tag) === bare(etag));
}
