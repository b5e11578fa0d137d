/** Keys and certificates as openssl and mkcert write them, into what WebCrypto takes. */
import "reflect-metadata"; // @peculiar/x509 cannot be loaded without.
import { X509Certificate } from "@peculiar/x509";
import { Buffer } from "node:buffer";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { CaError } from "./ca_error.ts";
import { unlockTripleDes } from "./triple_des.ts";

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

/** container-registry-proxy locks the keys of its CA with this; its users bring them along. */
const KNOWN_PASSPHRASE = "foobar";

/**
 * A private key for signing from PEM: RSA or EC (P-256, P-384, P-521), as PKCS#1, SEC1 or PKCS#8.
 * Throws {@linkcode CaError}, which says `file`, for anything else.
 */
export async function importKey(pem: string, file: string): Promise<CryptoKey> {
  const key = parseKey(pem, file);
  const algorithm = signingAlgorithm(key);
  if (!algorithm) {
    throw new CaError(`${file}: expected an RSA key or an EC key on P-256, P-384 or P-521`);
  }
  const der = key.export({ type: "pkcs8", format: "der" });
  return await crypto.subtle.importKey("pkcs8", new Uint8Array(der), algorithm, false, ["sign"]);
}

/** The certificates of a PEM file in their order. Throws {@linkcode CaError} when there is none. */
export function parseCertificates(pem: string, file: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new CaError(`${file}: expected a certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new CaError(`${file}: the certificate in it cannot be read`, { cause });
  }
}

function parseKey(pem: string, file: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new CaError(`${file}: expected a private key in PEM (-----BEGIN … PRIVATE KEY-----)`);
  }
  const encrypted = pem.includes("ENCRYPTED");
  try {
    return encrypted ? unlock(pem) : createPrivateKey(pem);
  } catch (cause) {
    const message = encrypted
      ? `the key is encrypted; take the passphrase off: openssl pkey -in ${file} -out ${file}`
      : "the private key in it cannot be read";
    throw new CaError(`${file}: ${message}`, { cause });
  }
}

function unlock(pem: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, passphrase: KNOWN_PASSPHRASE });
  } catch {
    const key = Buffer.from(unlockTripleDes(pem, KNOWN_PASSPHRASE));
    return createPrivateKey({ key, type: "pkcs8", format: "der" });
  }
}

function signingAlgorithm(key: KeyObject): RsaHashedImportParams | EcKeyImportParams | undefined {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  return namedCurve === undefined ? undefined : { name: "ECDSA", namedCurve };
}
