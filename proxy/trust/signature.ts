/**
 * Signatures by cosign with a key: the older form, a payload beside its signature (cosign
 * SIGNATURE_SPEC, "simple signing"), and bundles (Sigstore bundle v0.3, DSSE v1.0.2). No transparency
 * log is asked. Pure.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { Buffer } from "node:buffer";

/** A key that signs, with what tells it from others. */
export interface SigningKey {
  readonly key: KeyObject;
  /** SHA-256 of it (SPKI, DER), in hex. */
  readonly fingerprint: string;
}

export const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
export const SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature";
export const BUNDLE = "application/vnd.dev.sigstore.bundle";
const SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

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

/** The first of `keys` that signed `payload` as the signature of the image `digest`. */
export function simpleSigner(
  { payload, signature, digest }: { payload: Uint8Array; signature: string; digest: string },
  keys: readonly SigningKey[],
): SigningKey | undefined {
  const critical = object(object(parse(payload)).critical);
  const said = object(critical.image)["docker-manifest-digest"];
  if (said !== digest || critical.type !== "cosign container image signature") return undefined;
  return signerOf(payload, signature, keys);
}

/** The first of `keys` whose signature of the image `digest` the bundle in `bytes` holds. */
export function bundleSigner(
  bytes: Uint8Array,
  digest: string,
  keys: readonly SigningKey[],
): SigningKey | undefined {
  const envelope = object(object(parse(bytes)).dsseEnvelope);
  const { payload, payloadType, signatures } = envelope;
  if (typeof payload !== "string" || payloadType !== "application/vnd.in-toto+json") {
    return undefined;
  }
  const statement = Buffer.from(payload, "base64");
  const said = object(parse(statement));
  const [algorithm, hex] = digest.split(":") as [string, string];
  const subjects = Array.isArray(said.subject) ? said.subject : [];
  const about = subjects.some((it) => object(object(it).digest)[algorithm] === hex);
  // What is attested of an image, such as how it was built, does not approve of it.
  if (!about || said.predicateType !== SIGN_PREDICATE) return undefined;
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `;
  const signed = Buffer.concat([Buffer.from(head), statement]);
  for (const entry of Array.isArray(signatures) ? signatures : []) {
    const { sig } = object(entry);
    const signer = typeof sig === "string" ? signerOf(signed, sig, keys) : undefined;
    if (signer) return signer;
  }
  return undefined;
}

function signerOf(
  signed: Uint8Array,
  signature: string,
  keys: readonly SigningKey[],
): SigningKey | undefined {
  const bytes = Buffer.from(signature, "base64");
  return keys.find(({ key }) => {
    try {
      return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", signed, key, bytes);
    } catch {
      return false; // Not of this key's form.
    }
  });
}

type Json = Record<string, unknown>;

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : {};
}
