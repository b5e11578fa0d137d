/**
 * What cosign leaves beside an image as its signature, and whether that is about the image: the older
 * form, a payload beside its signature (cosign SIGNATURE_SPEC, "simple signing"), and bundles (Sigstore
 * bundle v0.3, DSSE v1.0.2). Pure.
 */
import { Buffer } from "node:buffer";
import { type Json, listIn, objectIn, parseJson } from "../../base/json.ts";

export const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle";
const SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature";
const SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";
const STATEMENT = "application/vnd.in-toto+json";

/** A signature in the older form, which approves of an image. */
export interface SimpleSignature {
  payload: Uint8Array;
  /** Base64 */
  signature: string;
  /** What stands beside it, such as a certificate. */
  annotations: Json;
}

/** A bundle that approves of an image, if its signature holds. */
interface SignedBundle {
  json: Json;
  /** The bytes that are signed, and the signatures of them in base64. */
  signed: Uint8Array;
  signatures: readonly string[];
}

/** Who signed, in words that are the same each time; or why the signature does not count. */
export type Finding = { signer: string } | { why: string };

/** One that may have signed. */
export interface Signer {
  /** Tells it from others, for what is remembered. */
  readonly id: string;
  /** For people: `any of the keys`. */
  readonly name: string;
  simple(found: SimpleSignature): Promise<Finding>;
  bundle(found: SignedBundle): Promise<Finding>;
}

/** The layer of a `.sig` manifest, if that is about the image `digest`. */
export function simpleSignature(
  payload: Uint8Array,
  annotations: Json,
  digest: string,
): SimpleSignature | undefined {
  const signature = annotations[SIGNATURE_ANNOTATION];
  const critical = objectIn(objectIn(parseJson(payload)).critical);
  const said = objectIn(critical.image)["docker-manifest-digest"];
  if (said !== digest || critical.type !== "cosign container image signature") return undefined;
  return typeof signature === "string" ? { payload, signature, annotations } : undefined;
}

/** The bundle in `bytes`, if that approves of the image `digest`. */
export function signedBundle(bytes: Uint8Array, digest: string): SignedBundle | undefined {
  const json = objectIn(parseJson(bytes));
  const { payload, payloadType, signatures } = objectIn(json.dsseEnvelope);
  if (typeof payload !== "string" || payloadType !== STATEMENT) return undefined;
  const statement = Buffer.from(payload, "base64");
  const said = objectIn(parseJson(statement));
  const [algorithm, hex] = digest.split(":") as [string, string];
  const subjects = Array.isArray(said.subject) ? said.subject : [];
  const about = subjects.some((it) => objectIn(objectIn(it).digest)[algorithm] === hex);
  // What is attested of an image, such as how it was built, does not approve of it.
  if (!about || said.predicateType !== SIGN_PREDICATE) return undefined;
  const head = `DSSEv1 ${STATEMENT.length} ${STATEMENT} ${statement.length} `;
  return {
    json,
    signed: Buffer.concat([Buffer.from(head), statement]),
    signatures: listIn(signatures).map((it) => objectIn(it).sig)
      .filter((it) => typeof it === "string"),
  };
}
