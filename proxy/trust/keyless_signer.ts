/**
 * Signatures by somebody's identity, with a key that a certificate vouches for and that is thrown away
 * at once. That it was valid then is shown by a log's or a clock's signature beside it, so nobody has to
 * be asked: everything is checked against a trusted root that the operator has pinned.
 */
import { Buffer } from "node:buffer";
import crypto, { createHash, type KeyObject } from "node:crypto";
import type { SignedEntity, Verifier } from "@sigstore/verify";
import { globPattern } from "../../base/glob.ts";
import { type Json, objectIn } from "../../base/json.ts";
import { readTrustedRoot } from "../config/trusted_root.ts";
import { type Finding, type Signer, type SimpleSignature } from "./signature.ts";

interface Keyless {
  /** What the certificate names: a glob of an address such as `anna@example.com`, or of a URL. */
  identity: string;
  /** Who signed that one in: `https://accounts.example.com`. */
  issuer: string;
  /** The trusted root, as JSON. */
  root: string;
}

/** Whoever `issuer` says is `identity`. What is found is the identity, and who says so. */
export function keylessSigner({ identity, issuer, root }: Keyless): Signer {
  const pattern = globPattern(identity);
  let loading: Promise<Libraries> | undefined;
  const finding = async (make: (libraries: Libraries) => SignedEntity): Promise<Finding> => {
    const libraries = await (loading ??= load(root));
    try {
      const { identity: found } = libraries.verifier.verify(make(libraries));
      const [who, by] = [found?.subjectAlternativeName ?? "", found?.extensions?.issuer ?? ""];
      if (pattern.test(who) && by === issuer) return { signer: `${who} of ${by}` };
      return { why: `its signature is by ${who} of ${by}` };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { why: `its signature does not hold: ${why}` };
    }
  };
  return {
    id: JSON.stringify([identity, issuer, createHash("sha256").update(root).digest("hex")]),
    name: `${identity} of ${issuer}`,
    simple: (found) =>
      finding(({ toSignedEntity, bundleFromJSON }) =>
        toSignedEntity(bundleFromJSON(bundleOf(found)), Buffer.from(found.payload))
      ),
    bundle: ({ json }) =>
      finding(({ toSignedEntity, bundleFromJSON }) => toSignedEntity(bundleFromJSON(json))),
  };
}

type Sigstore = typeof import("../config/sigstore.ts");

interface Libraries extends Pick<Sigstore, "toSignedEntity" | "bundleFromJSON"> {
  verifier: Verifier;
}

async function load(root: string): Promise<Libraries> {
  const { Verifier, bundleFromJSON, toSignedEntity } = await import("../config/sigstore.ts");
  nameDigests();
  // That it has not expired was asked when the configuration was read; what was signed before that
  // stays signed.
  return { verifier: new Verifier(await readTrustedRoot(root, 0)), toSignedEntity, bundleFromJSON };
}

const { verify } = crypto;

/**
 * The libraries verify without saying by which digest, which is SHA-256 in Node, and an error in Deno
 * 2.9.4 for keys of ECDSA and RSA.
 */
function nameDigests(): void {
  crypto.verify = ((algorithm, data, key: KeyObject, signature) => {
    const digest = /^(ec|rsa)$/.test(key.asymmetricKeyType ?? "") ? "sha256" : undefined;
    return verify(algorithm === undefined ? digest : algorithm, data, key, signature);
  }) as typeof verify;
}

/** The older form, with its certificate and its proof of a log or a clock, as a bundle v0.1. */
function bundleOf({ payload, signature, annotations }: SimpleSignature): Json {
  const said = (name: string) => {
    const value = annotations[`dev.sigstore.cosign/${name}`];
    return typeof value === "string" ? value : "";
  };
  const clock = said("rfc3161timestamp");
  const log = said("bundle");
  const timestamps = clock ? [{ signedTimestamp: JSON.parse(clock).SignedRFC3161Timestamp }] : [];
  return {
    mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: derOf(said("certificate")) }] },
      tlogEntries: log ? [entryOf(objectIn(JSON.parse(log)))] : [],
      timestampVerificationData: { rfc3161Timestamps: timestamps },
    },
    messageSignature: {
      messageDigest: {
        algorithm: "SHA2_256",
        digest: createHash("sha256").update(payload).digest("base64"),
      },
      signature,
    },
  };
}

/** What Rekor answered, as cosign keeps it, as an entry of a bundle. */
function entryOf({ SignedEntryTimestamp, Payload }: Json): Json {
  const { body, integratedTime, logIndex, logID } = objectIn(Payload);
  const { kind, apiVersion } = objectIn(
    JSON.parse(Buffer.from(String(body), "base64").toString()),
  );
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(String(logID), "hex").toString("base64") },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: body,
  };
}

/** The first certificate in `pem`, in base64. */
function derOf(pem: string): string {
  const [, body = ""] = /-----BEGIN CERTIFICATE-----([^-]*)-----END/.exec(pem) ?? [];
  return body.replaceAll(/\s/g, "");
}
