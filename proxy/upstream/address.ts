/** Which addresses a redirect or a realm may lead to. */
import ipaddr from "ipaddr.js";

type AddressClass = "public" | "loopback" | "private" | "forbidden";

/** Cloud metadata services that stand in ranges which are otherwise of use. */
const METADATA = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
]);

const CLASSES: Readonly<Record<string, AddressClass>> = {
  unicast: "public",
  loopback: "loopback",
  private: "private",
  uniqueLocal: "private",
  carrierGradeNat: "private",
};

/**
 * What kind of address `text` is. IPv4 inside IPv6 (mapped, NAT64) counts as what it carries.
 * Link-local, metadata services, multicast, unspecified and reserved ranges are `forbidden`, and so
 * is what is no address.
 */
export function addressClass(text: string): AddressClass {
  const bare = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (!ipaddr.isValid(bare)) return "forbidden";
  const address = carried(ipaddr.process(bare));
  if (METADATA.has(address.toString())) return "forbidden";
  return CLASSES[address.range()] ?? "forbidden";
}

/** The IPv4 address that a NAT64 address (RFC 6052, 64:ff9b::/96) stands for. */
function carried(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.range() !== "rfc6052") return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(12));
}

/**
 * Whether a target that resolves to `targets` may be called on the word of a registry that resolves
 * to `own`. Public addresses always may. Loopback and private ones only where every address of the
 * registry that the operator named is of that same class: who runs a registry on loopback or inside
 * a private network keeps its blobs there too, while a public registry has no business with either.
 * One address that may not is enough to refuse: the caller cannot choose which is dialled.
 */
export function targetsAllowed(targets: readonly string[], own: readonly string[]): boolean {
  if (targets.length === 0) return false;
  const ownClasses = new Set(own.map(addressClass));
  return targets.map(addressClass).every((target) =>
    target === "public" ||
    (target !== "forbidden" && ownClasses.size === 1 && ownClasses.has(target))
  );
}
