/** Who is asking and how it called us, seen through reverse proxies that are trusted. */
import ipaddr from "ipaddr.js";

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

export interface Origin {
  /** The client's address; an IPv4 address in IPv6 clothes is shown as IPv4. */
  client: string;
  /** `http` or `https`, as the client spoke to the outermost proxy. */
  scheme: "http" | "https";
  /** Host and port as the client called us. */
  host: string;
  /** The peer is one of the trusted proxies. */
  proxied: boolean;
  /** What such a proxy calls the client; empty where none does. */
  name: string;
}

/** Parses CIDRs and single addresses; throws an error that names the first that is neither. */
export function parseNetworks(list: string[]): Network[] {
  return list.map((text) => {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    if (!ipaddr.isValid(text)) throw new Error(`${text} is neither an address nor a CIDR`);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  });
}

/** True where `address` lies in one of `networks`. */
export function inNetworks(address: string, networks: Network[]): boolean {
  if (networks.length === 0 || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return networks.some((network) => parsed.kind() === network[0].kind() && parsed.match(network));
}

/** Host and port, with nothing that would mean something else in a header or a page. */
const HOST = /^[a-z0-9._:[\]-]+$/i;

/** A name as a header may give it to a client: no spaces, nothing that means something elsewhere. */
const NAME = /^[\w.:@-]{1,100}$/;

/** Stands for a host that cannot be read; no client finds anything there (RFC 2606). */
const NO_HOST = "host.invalid";

/**
 * Where a request came from. `X-Forwarded-For`, `-Proto` and `-Host` count only when the peer is a
 * trusted proxy; `url` is the request's, parsed. Of the addresses in `-For` the last one counts that no trusted proxy has.
 * `nameHeader`, where it is not empty, is the header in which such a proxy names the client.
 */
export function originOf(
  request: Request,
  url: URL,
  peer: string,
  trusted: Network[],
  nameHeader = "",
): Origin {
  const named = request.headers.get("host");
  const own: Origin = {
    client: plainAddress(peer),
    scheme: url.protocol === "https:" ? "https" : "http",
    host: [named, url.host].find((host) => host && HOST.test(host)) ?? NO_HOST,
    proxied: false,
    name: "",
  };
  if (!inNetworks(peer, trusted)) return own;
  const proto = last(request.headers.get("x-forwarded-proto"));
  const host = last(request.headers.get("x-forwarded-host"));
  return {
    client: forwardedFor(request.headers.get("x-forwarded-for"), trusted) ?? own.client,
    scheme: proto === "https" || proto === "http" ? proto : own.scheme,
    host: host && HOST.test(host) ? host : own.host,
    proxied: true,
    name: (nameHeader && NAME.exec(request.headers.get(nameHeader) ?? "")?.[0]) || "",
  };
}

/** The address that the client called, without a slash at the end. */
export function calledBase({ scheme, host }: Origin): string {
  return `${scheme}://${host}`;
}

/** How an IPv4 address is written; most are, and need no parsing. */
const PLAIN_IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

/** `::ffff:10.0.0.1` as `10.0.0.1`; what is no address is returned as it is. */
export function plainAddress(address: string): string {
  if (PLAIN_IPV4.test(address)) return address;
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

/** What counts as one client: an IPv4 address, or an IPv6 /64, which one machine has whole. */
export function clientNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return parsed.toByteArray().slice(0, 8).join(".");
}

function forwardedFor(header: string | null, trusted: Network[]): string | undefined {
  const addresses = (header ?? "").split(",").map((part) => part.trim()).filter(ipaddr.isValid);
  const untrusted = addresses.findLast((address) => !inNetworks(address, trusted));
  const client = untrusted ?? addresses[0];
  return client && plainAddress(client);
}

function last(header: string | null): string | undefined {
  return header?.split(",").at(-1)?.trim();
}
