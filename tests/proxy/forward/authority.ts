/** Keys and CAs for tests, in the shapes that openssl and mkcert give them; made anew in each run. */
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";

export const NOW = Date.UTC(2026, 7, 1);
const DAY = 86_400_000;

interface MadeCa {
  certFile: string;
  keyFile: string;
}

export interface CaShape {
  key?: "rsa" | "P-256" | "P-384" | "P-521";
  /** How the key file is written: PKCS#1 for RSA, SEC1 for EC (openssl), PKCS#8 (mkcert). */
  format?: "pkcs1" | "sec1" | "pkcs8";
  isCa?: boolean;
  name?: Name;
  /** Milliseconds from `NOW`. */
  from?: number;
  until?: number;
  extensions?: Extension[];
}

/** A fresh private key. */
export function makeKey(kind: NonNullable<CaShape["key"]> = "P-256"): KeyObject {
  return kind === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    : generateKeyPairSync("ec", { namedCurve: kind }).privateKey;
}

/** The private key for WebCrypto, able to sign and to be exported. */
async function webKeys(key: KeyObject): Promise<CryptoKeyPair> {
  const curve = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }[
    key.asymmetricKeyDetails?.namedCurve ?? ""
  ];
  const algorithm = curve
    ? { name: "ECDSA", namedCurve: curve }
    : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const der = new Uint8Array(key.export({ type: "pkcs8", format: "der" }));
  const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", privateKey);
  const open = { kty: jwk.kty!, crv: jwk.crv!, x: jwk.x!, y: jwk.y!, n: jwk.n!, e: jwk.e! };
  const publicKey = await crypto.subtle.importKey("jwk", open, algorithm, true, ["verify"]);
  return { privateKey, publicKey };
}

/** Writes `ca.crt` and `ca.key` of an operator's own CA into `dir`. */
export async function makeCa(dir: string, shape: CaShape = {}): Promise<MadeCa> {
  const key = makeKey(shape.key);
  const keys = await webKeys(key);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: shape.name ?? "CN=Operator CA, O=Example",
    keys,
    signingAlgorithm: { ...keys.privateKey.algorithm, hash: "SHA-256" } as EcdsaParams,
    notBefore: new Date(NOW + (shape.from ?? -DAY)),
    notAfter: new Date(NOW + (shape.until ?? 365 * DAY)),
    extensions: [
      new BasicConstraintsExtension(shape.isCa ?? true, undefined, true),
      ...(shape.isCa === false
        ? []
        : [new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)]),
      ...shape.extensions ?? [],
    ],
  });
  const made = { certFile: join(dir, "ca.crt"), keyFile: join(dir, "ca.key") };
  const type = shape.format ?? "pkcs8";
  await Deno.writeTextFile(made.certFile, certificate.toString("pem"));
  await Deno.writeTextFile(made.keyFile, key.export({ type, format: "pem" }) as string);
  return made;
}
