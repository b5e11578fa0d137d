/** Hosts and ports as requests name them, and what kind of address a host turns out to have. */
import ipaddr from "ipaddr.js";
import { addressClass } from "../../upstream/address.ts";

/** Where a client wants to go. */
export interface Endpoint {
  /** Lower case, without a dot at the end; an IPv6 address without brackets. */
  host: string;
  port: number;
}

const NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * `host:port` as an endpoint (authority-form, RFC 9112, 3.2.3); `port` is for where none is stated.
 * `undefined` for anything that is no host, or has no port at all.
 */
export function parseEndpoint(text: string, port?: number): Endpoint | undefined {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([^:[\]\s@/]{1,254}))(?::(\d{1,5}))?$/i.exec(text);
  const number = Number(match?.[3] ?? port ?? 0);
  if (!match || number < 1 || number > 65535) return undefined;
  if (match[1] !== undefined) {
    return ipaddr.IPv6.isValid(match[1])
      ? { host: match[1].toLowerCase(), port: number }
      : undefined;
  }
  const host = match[2]!.toLowerCase().replace(/\.$/, "");
  return NAME.test(host) ? { host, port: number } : undefined;
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Which addresses a host may turn out to have: those of the internet; private ones and loopback too,
 * but never link-local ones, metadata services and the like; or any, for what the operator named.
 */
export type Reach = "public" | "private" | "any";

/** Whether `address` lies within `reach`. */
export function isWithin(address: string, reach: Reach): boolean {
  const found = addressClass(address);
  if (reach === "any" || found === "public") return true;
  return reach === "private" && found !== "forbidden";
}

/** Whether a connection to `address` ends on this machine, whose interfaces have `own` addresses. */
export function isOwn(address: string, own: readonly string[]): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() === "loopback" || parsed.range() === "unspecified") return true;
  return own.some((one) => ipaddr.process(one).toString() === parsed.toString());
}
