/** Addresses that upstream hands out, as the client is to see them. Pure. */
import type { Target } from "./target.ts";

/**
 * `Link: </v2/…?last=x>; rel="next"` with the client's name, prefix and `ns`, always relative: some
 * clients refuse a link to another host. `undefined` where it points elsewhere.
 */
export function mapLink(target: Target, link: string | null): string | undefined {
  const match = /^\s*<([^>]*)>(.*)$/.exec(link ?? "");
  const url = match && URL.parse(match[1]!, `${new URL(target.registry.url).origin}/v2/`);
  if (!match || !url) return undefined;
  const path = mapPath(target, url.pathname);
  return path === undefined
    ? undefined
    : `<${path}${withNamespace(target, url.search)}>${match[2]}`;
}

/** `/v2/<upstream name>/…` as the client would spell it; `undefined` for another repository. */
export function mapPath(target: Target, pathname: string): string | undefined {
  const { prefix, repository, asked, registry } = target;
  const base = new URL(registry.url).pathname.replace(/\/$/, "");
  const start = `${pathname.startsWith(`${base}/v2/`) ? base : ""}/v2/${repository}/`;
  if (repository === "" || !pathname.startsWith(start)) return undefined;
  return `${prefix}/v2/${asked}/${pathname.slice(start.length)}`;
}

/** `search` with the `ns` that the client asked with, so that its next request finds the way. */
export function withNamespace(target: Target, search: string): string {
  if (!target.ns) return search;
  return `${search}${search ? "&" : "?"}ns=${encodeURIComponent(target.ns)}`;
}

/** `Location` of created content, with the client's name; `undefined` where it points elsewhere. */
export function mapLocation(target: Target, location: string): string | undefined {
  const url = URL.parse(location, `${new URL(target.registry.url).origin}/v2/`);
  const path = url ? mapPath(target, url.pathname) : undefined;
  return path === undefined ? undefined : path + withNamespace(target, url!.search);
}
