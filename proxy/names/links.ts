/** Addresses that upstream hands out, as the client is to see them. Pure. */
import type { Target } from "./target.ts";

/**
 * `Link: </v2/…?last=x>; rel="next"` with the client's name, prefix and `ns`, always relative: some
 * clients refuse a link to another host. The query is the registry's business and stays as it is.
 * `asked` is the path at upstream that the answer is from: a relative target means it (RFC 8288, 3.1).
 * `undefined` where nothing is left of it; links to elsewhere are left out.
 */
export function mapLink(target: Target, link: string | null, asked = "/v2/"): string | undefined {
  const mapped = linksOf(target, link, asked).flatMap(({ url, parameters }) => {
    const path = mapPath(target, url.pathname);
    return path === undefined ? [] : [`<${path}${withNamespace(target, url.search)}>${parameters}`];
  });
  return mapped.length > 0 ? mapped.join(", ") : undefined;
}

/** Whether a link in the client's words leads to what it has asked: path and query, `ns` aside. */
export function linksToItself(link: string | null, asked: string): boolean {
  const own = new URL(asked, "http://x");
  return [...(link ?? "").matchAll(/<([^>]*)>/g)].some(([, address]) => {
    const url = URL.parse(address!, own);
    return url?.pathname === own.pathname && sameQuery(url.search, own.search);
  });
}

function linksOf(target: Target, link: string | null, asked: string) {
  const values = (link ?? "").matchAll(/<([^>]*)>((?:[^,"]|"[^"]*")*)/g);
  return [...values].flatMap(([, address, parameters]) => {
    const url = URL.parse(address!, `${originOf(target)}${asked}`);
    return url ? [{ url, parameters: parameters!.trimEnd() }] : [];
  });
}

function originOf({ registry }: Target): string {
  return new URL(registry.url).origin;
}

function sameQuery(a: string, b: string): boolean {
  const sorted = (search: string) =>
    [...new URLSearchParams(search)].filter(([name]) => name !== "ns").map(String).sort().join("&");
  return sorted(a) === sorted(b);
}

/** `/v2/<upstream name>/…` as the client would spell it; `undefined` for another repository. */
export function mapPath(target: Target, pathname: string): string | undefined {
  const { prefix, repository, asked, registry } = target;
  const base = new URL(registry.url).pathname.replace(/\/$/, "");
  const start = `${pathname.startsWith(`${base}/v2/`) ? base : ""}/v2/${repository}/`;
  if (repository === "" || !pathname.startsWith(start)) return undefined;
  return `${prefix}/v2/${asked}/${pathname.slice(start.length)}`;
}

/**
 * `given` with the `ns` that the client asked with, so that its next request finds the way; one of
 * the registry's own would lead it to another registry.
 */
export function withNamespace({ ns }: Target, given: string): string {
  const own = ns ? `ns=${encodeURIComponent(ns)}` : "";
  const query = [upstreamQuery(given), own].filter((part) => part !== "").join("&");
  return `${given.split("?", 1)[0]}${query && `?${query}`}`;
}

/** `Location` of created content, with the client's name; `undefined` where it points elsewhere. */
export function mapLocation(target: Target, location: string): string | undefined {
  const url = URL.parse(location, `${new URL(target.registry.url).origin}/v2/`);
  const path = url ? mapPath(target, url.pathname) : undefined;
  return path === undefined ? undefined : path + withNamespace(target, url!.search);
}

/** The client's query for upstream, byte for byte, but for the `ns` that is for us. */
export function upstreamQuery(url: string): string {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? "";
  return query.split("&").filter((pair) => {
    const name = pair.split("=", 1)[0]!;
    return pair !== "" && name !== "ns";
  }).join("&");
}
