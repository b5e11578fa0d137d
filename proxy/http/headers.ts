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
