/** A rule between keys that does not hold, and what rules say it with. */
import ipaddr from "ipaddr.js";
import type { Path } from "./path.ts";

/** A rule that does not hold, and the key that says so. */
export interface Violation {
  readonly path: Path;
  readonly message: string;
}

/** A host, with a port or without. */
export const HOST =
  /^(?=.{1,253}(?::|$))[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*(:\d{1,5})?$/i;

/** Whether `text` is an address, or a range of them. */
export function isNetwork(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text) ||
    ipaddr.isValidCIDR(text);
}

/** `text` as an error shows it. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
