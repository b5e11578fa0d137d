/** Entity tags (RFC 9110, sections 8.8.3 and 13.1.2). */

/** True where `If-None-Match` names `etag` (weak comparison, RFC 9110, 13.1.2). */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (!header) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((tag) => bare(tag) === bare(etag));
}
