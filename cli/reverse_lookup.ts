/** What the DNS calls an address. */
import ipaddr from "ipaddr.js";

/** The names of `address` (RFC 1035, 3.5; RFC 3596, 2.5). Throws where it has none. */
export function reverseLookup(address: string, signal: AbortSignal): Promise<string[]> {
  return Deno.resolveDns(reverseName(address), "PTR", { signal });
}

/** `4.3.2.10.in-addr.arpa` of `10.2.3.4`. */
function reverseName(address: string): string {
  const parsed = ipaddr.process(address);
  const bytes = parsed.toByteArray();
  if (parsed.kind() === "ipv4") return `${bytes.reverse().join(".")}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]).reverse();
  return `${nibbles.map((nibble) => nibble.toString(16)).join(".")}.ip6.arpa`;
}
