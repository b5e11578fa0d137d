/** Certificates for intercepted hosts: made when first needed, renewed before they end. */
import "reflect-metadata"; // @peculiar/x509 cannot be loaded without.
import {
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import ipaddr from "ipaddr.js";
import { type Authority, serialNumber } from "./ca.ts";

const HOUR = 3_600_000;
const LIFETIME = 7 * 24 * HOUR;
/** Clients' clocks may be behind ours. */
const BACKDATE = HOUR;

interface Leaf {
  /** The leaf and what goes after it, PEM. */
  cert: string;
  /** PKCS#8, PEM. */
  key: string;
  /** Unix milliseconds from which on a new one is to be made; well before it ends. */
  renewAt: number;
}

/**
 * A certificate for `host` (a name or an address), signed by `authority`: ECDSA P-256, at most seven
 * days, never past the end of the CA itself.
 */
export async function issueLeaf(authority: Authority, host: string, now: number): Promise<Leaf> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const notBefore = now - BACKDATE;
  const notAfter = Math.min(notBefore + LIFETIME, authority.notAfter);
  const type = ipaddr.isValid(host) ? "ip" : "dns";
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [host.slice(0, 64)] }],
    // As it is encoded there: clients compare the bytes.
    issuer: authority.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: { ...authority.key.algorithm, hash: "SHA-256" },
    serialNumber: serialNumber(),
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    extensions: [
      new SubjectAlternativeNameExtension([{ type, value: host }], true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      await AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: `${certificate.toString("pem")}\n${authority.chain}`,
    key: PemConverter.encode(key, "PRIVATE KEY"),
    renewAt: now + (notAfter - now) * 2 / 3,
  };
}
