/** Signatures with keys that the operator has. No transparency log is asked. Pure. */
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Finding, Signer } from "./signature.ts";

/** A key that signs, with what tells it from others. */
interface SigningKey {
  readonly key: KeyObject;
  /** SHA-256 of it (SPKI, DER), in hex. */
  readonly fingerprint: string;
}

/** The public key in `pem`. Throws where there is none, or one that nobody signs with. */
export function signingKey(pem: string): SigningKey {
  const key = createPublicKey(pem);
  const type = key.asymmetricKeyType ?? "";
  if (!["ec", "ed25519", "rsa"].includes(type)) {
    throw new Error(`found a key for ${type}, expected one for ECDSA, Ed25519 or RSA`);
  }
  const der = key.export({ type: "spki", format: "der" });
  return { key, fingerprint: createHash("sha256").update(der).digest("hex") };
}

/** Whoever has the private half of one of `keys`. What is found is that key's fingerprint. */
export function keySigner(keys: readonly SigningKey[]): Signer {
  const finding = (signed: Uint8Array, signatures: readonly string[]): Promise<Finding> => {
    const found = keys.find(({ key }) => signatures.some((it) => holds(signed, it, key)));
    return Promise.resolve(
      found ? { signer: found.fingerprint } : { why: "its signature fits none of them" },
    );
  };
  return {
    id: keys.map(({ fingerprint }) => fingerprint).join(),
    name: "any of the keys",
    simple: ({ payload, signature }) => finding(payload, [signature]),
    bundle: ({ signed, signatures }) => finding(signed, signatures),
  };
}

function holds(signed: Uint8Array, signature: string, key: KeyObject): boolean {
  const algorithm = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  try {
    return verify(algorithm, signed, key, Buffer.from(signature, "base64"));
  } catch {
    return false; // Not of this key's form.
  }
}
