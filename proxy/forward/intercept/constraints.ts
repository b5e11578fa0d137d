/**
 * Name constraints of a CA (RFC 5280, 4.2.1.10): which hosts it can vouch for. A CA that Berth makes
 * is limited to the registries of that time, so that a stolen key is of no use against anything else.
 */
import "reflect-metadata"; // @peculiar/x509 cannot be loaded without.
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from "@peculiar/asn1-x509";
import { Extension, type X509Certificate } from "@peculiar/x509";
import ipaddr from "ipaddr.js";

/** The critical extension that permits exactly `hosts` (names with what is below them, addresses). */
export function nameConstraints(hosts: Iterable<string>): Extension {
  const all = [...new Set(hosts)];
  const names = all.filter((host) => !ipaddr.isValid(host));
  const addresses = all.filter((host) => ipaddr.isValid(host));
  const value = new NameConstraints({
    permittedSubtrees: subtrees([
      ...names.map((dNSName) => ({ dNSName })),
      ...addresses.map((address) => ({ iPAddress: single(address) })),
    ]),
  });
  // A kind of name that is not mentioned at all would be permitted without limits.
  const excluded = [
    ...(names.length === 0 ? [{ dNSName: "" }] : []),
    ...(addresses.length === 0 ? [{ iPAddress: "0.0.0.0/0" }, { iPAddress: "::/0" }] : []),
  ];
  if (excluded.length > 0) value.excludedSubtrees = subtrees(excluded);
  return new Extension(id_ce_nameConstraints, true, AsnConvert.serialize(value));
}

/** Whether the constraints of `certificate`, if it has any, let it vouch for `host`. */
export function permits(certificate: X509Certificate, host: string): boolean {
  const extension = certificate.getExtension(id_ce_nameConstraints);
  if (!extension) return true;
  const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(
    extension.value,
    NameConstraints,
  );
  if (bases(excludedSubtrees).some((base) => lies(host, base))) return false;
  const kind = ipaddr.isValid(host) ? "iPAddress" : "dNSName";
  const relevant = bases(permittedSubtrees).filter((base) => base[kind] !== undefined);
  return relevant.length === 0 || relevant.some((base) => lies(host, base));
}

function subtrees(names: Partial<GeneralName>[]): GeneralSubtrees {
  return new GeneralSubtrees(
    names.map((name) => new GeneralSubtree({ base: new GeneralName(name) })),
  );
}

function bases(list: GeneralSubtrees | undefined): GeneralName[] {
  return [...list ?? []].map(({ base }) => base);
}

function single(address: string): string {
  return `${address}/${ipaddr.parse(address).kind() === "ipv4" ? 32 : 128}`;
}

function lies(host: string, { dNSName, iPAddress }: GeneralName): boolean {
  if (ipaddr.isValid(host)) {
    if (iPAddress === undefined || !ipaddr.isValidCIDR(iPAddress)) return false;
    const address = ipaddr.parse(host);
    const [network, bits] = ipaddr.parseCIDR(iPAddress);
    return address.kind() === network.kind() && address.match([network, bits]);
  }
  if (dNSName === undefined) return false;
  const base = dNSName.toLowerCase().replace(/^\./, "");
  return base === "" || host.toLowerCase() === base || host.toLowerCase().endsWith(`.${base}`);
}
