/** Certificates for servers that tests run. */
import "reflect-metadata"; // tsyringe, below x509, wants it first
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface TestCertificate {
  /** PEM of the authority: what a client has to trust. */
  ca: string;
  /** PEM of the server's certificate. */
  cert: string;
  /** PEM of its private key (PKCS #8). */
  key: string;
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
}

/**
 * A fresh authority and a server certificate for `names` (DNS names and IP addresses), good for a day
 * and, by default, an hour; from `notBefore` (Unix milliseconds) on.
 */
export async function testCertificate(
  names: string[] = ["localhost", "127.0.0.1"],
  notBefore = Date.now() - 3600e3,
): Promise<TestCertificate> {
  const [caKeys, keys] = await Promise.all([newKeys(), newKeys()]);
  const span = {
    notBefore: new Date(notBefore),
    notAfter: new Date(Date.now() + 86400e3),
    signingAlgorithm: ALGORITHM,
  };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...span,
    name: "CN=Test Authority",
    keys: caKeys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const cert = await x509.X509CertificateGenerator.create({
    ...span,
    subject: `CN=${names[0]}`,
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({
        type: /^[\d.]+$|:/.test(value) ? "ip" as const : "dns" as const,
        value,
      }))),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { ca: ca.toString("pem"), cert: cert.toString("pem"), key: pem("PRIVATE KEY", key) };
}

function pem(label: string, der: ArrayBuffer): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(der)));
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
}
