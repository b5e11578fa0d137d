/** The certificate that opens the port while the authority has issued none. */
import "reflect-metadata"; // @peculiar/x509 cannot be loaded without.
import {
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const HOUR = 3_600_000;

/**
 * One for `domains` that is signed by itself, PEM. It ends within an hour, so that whoever watches
 * when the certificate ends is alarmed. `now` in Unix milliseconds.
 */
export async function makePlaceholder(
  domains: readonly string[],
  now: number,
): Promise<{ cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: ["Berth"] }, { CN: ["No certificate has been issued yet"] }],
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - HOUR),
    notAfter: new Date(now + HOUR),
    extensions: [
      new SubjectAlternativeNameExtension(
        domains.map((value) => ({ type: "dns" as const, value })),
      ),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: certificate.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
}
