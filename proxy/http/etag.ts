/** Entity tags (RFC 9110, sections 8.8.3 and 13.1.2). */

/**
 * Whether `If-Range` lets a range be served of content with `etag`: it is absent, or names that very
 * tag (strong comparison, RFC 9110, 13.1.5). A date never fits, since content has none.
 */
export function allowsRange(header: string | null, etag: string): boolean {
  return header === null || header.trim() === etag;
}

/** True where `If-None-Match` names `etag` (weak comparison, RFC 9110, 13.1.2). */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (!header) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((tag) => bare(tag) === bare(etag));
}
