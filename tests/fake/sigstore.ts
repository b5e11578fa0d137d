/** A Sigstore of the tests' own: an authority, a log of its certificates, a log of signatures. */
import "reflect-metadata";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, sign, webcrypto } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const MINUTE = 60_000;
const CURVE = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** Certificates of the authority are made then, in Unix milliseconds. */
const SIGNED_AT = Date.parse("2026-01-01T00:00:00Z");

const log = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const sha256 = (...parts: (Uint8Array | string)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const spki = (key: KeyObject) => key.export({ type: "spki", format: "der" }) as Buffer;

/** Who signs, with whose word, and what goes wrong. */
export interface Signing {
  identity: string;
  issuer: string;
  /** When the log took it, in milliseconds after the certificate was made; it holds ten minutes. */
  after?: number;
  /** Has the certificate signed by a log that nobody knows. */
  otherLog?: boolean;
}

export class FakeSigstore {
  readonly #keys: CryptoKeyPair;
  readonly #root: x509.X509Certificate;
  readonly #certificates = log();
  readonly #signatures = log();

  private constructor(keys: CryptoKeyPair, root: x509.X509Certificate) {
    this.#keys = keys;
    this.#root = root;
  }

  static async start(): Promise<FakeSigstore> {
    const keys = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      keys,
      name: "O=fake.example, CN=authority",
      serialNumber: "01",
      notBefore: new Date(SIGNED_AT - 60 * MINUTE),
      notAfter: new Date("2099-01-01T00:00:00Z"),
      signingAlgorithm: CURVE,
      extensions: [
        new x509.BasicConstraintsExtension(true, 1, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new FakeSigstore(keys, root);
  }

  /** Its trusted root, as JSON; `end` is when all of it ended, if it did. */
  trustedRoot(end?: string): string {
    const validFor = { start: "2020-01-01T00:00:00Z", ...(end ? { end } : {}) };
    const key = (key: KeyObject) => ({
      baseUrl: "https://log.fake.example",
      hashAlgorithm: "SHA2_256",
      publicKey: {
        rawBytes: spki(key).toString("base64"),
        keyDetails: "PKIX_ECDSA_P256_SHA_256",
        validFor,
      },
      logId: { keyId: sha256(spki(key)).toString("base64") },
    });
    return JSON.stringify({
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: [key(this.#signatures.publicKey)],
      certificateAuthorities: [{
        subject: { organization: "fake.example", commonName: "authority" },
        uri: "https://authority.fake.example",
        certChain: {
          certificates: [{ rawBytes: Buffer.from(this.#root.rawData).toString("base64") }],
        },
        validFor,
      }],
      ctlogs: [key(this.#certificates.publicKey)],
    });
  }

  /** A bundle v0.3 with the signature of the statement `payload` (DSSE). */
  async bundle(payload: Uint8Array, signing: Signing): Promise<Record<string, unknown>> {
    const { certificate, privateKey } = await this.#certify(signing);
    const payloadType = "application/vnd.in-toto+json";
    const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
    const sig = sign("sha256", Buffer.concat([Buffer.from(head), payload]), privateKey)
      .toString("base64");
    const verifier = Buffer.from(certificate.toString("pem")).toString("base64");
    const entry = this.#logged({
      apiVersion: "0.0.1",
      kind: "dsse",
      spec: {
        payloadHash: { algorithm: "sha256", value: sha256(payload).toString("hex") },
        signatures: [{ signature: sig, verifier }],
      },
    }, signing);
    return {
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      verificationMaterial: {
        certificate: { rawBytes: Buffer.from(certificate.rawData).toString("base64") },
        tlogEntries: [entry],
      },
      dsseEnvelope: {
        payload: Buffer.from(payload).toString("base64"),
        payloadType,
        signatures: [{ sig }],
      },
    };
  }

  /** The annotations of the older form, with the signature of `payload`. */
  async annotations(payload: Uint8Array, signing: Signing): Promise<Record<string, string>> {
    const { certificate, privateKey } = await this.#certify(signing);
    const signature = sign("sha256", payload, privateKey).toString("base64");
    const pem = certificate.toString("pem");
    const entry = this.#logged({
      apiVersion: "0.0.1",
      kind: "hashedrekord",
      spec: {
        data: { hash: { algorithm: "sha256", value: sha256(payload).toString("hex") } },
        signature: {
          content: signature,
          publicKey: { content: Buffer.from(pem).toString("base64") },
        },
      },
    }, signing);
    return {
      "dev.cosignproject.cosign/signature": signature,
      "dev.sigstore.cosign/certificate": pem,
      "dev.sigstore.cosign/chain": this.#root.toString("pem"),
      "dev.sigstore.cosign/bundle": JSON.stringify({
        SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
        Payload: {
          body: entry.canonicalizedBody,
          integratedTime: Number(entry.integratedTime),
          logIndex: Number(entry.logIndex),
          logID: Buffer.from(entry.logId.keyId, "base64").toString("hex"),
        },
      }),
    };
  }

  /** A certificate for `identity`, and the key that it is about. */
  async #certify({ identity, issuer, otherLog }: Signing) {
    const keys = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
    const make = (more: x509.Extension[]) =>
      x509.X509CertificateGenerator.create({
        publicKey: keys.publicKey,
        signingKey: this.#keys.privateKey,
        signingAlgorithm: CURVE,
        issuer: this.#root.subjectName,
        subject: "",
        serialNumber: "1234",
        notBefore: new Date(SIGNED_AT),
        notAfter: new Date(SIGNED_AT + 10 * MINUTE),
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.SubjectAlternativeNameExtension([
            { type: identity.includes("://") ? "url" : "email", value: identity },
          ], true),
          // A UTF8String, as Fulcio has it.
          new x509.Extension(
            "1.3.6.1.4.1.57264.1.8",
            false,
            Buffer.concat([Buffer.from([12, issuer.length]), Buffer.from(issuer)]),
          ),
          ...more,
        ],
      });
    const bare = AsnConvert.parse((await make([])).rawData, Certificate).tbsCertificate;
    const list = this.#certified(Buffer.from(AsnConvert.serialize(bare)), otherLog ?? false);
    const value = AsnConvert.serialize(new OctetString(list));
    const certificate = await make([new x509.Extension("1.3.6.1.4.1.11129.2.4.2", false, value)]);
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
    return {
      certificate,
      privateKey: { key: pkcs8, format: "der", type: "pkcs8" } as const,
    };
  }

  /** The log's word that it has the certificate (RFC 6962 section 3.2), in a list of one. */
  #certified(tbs: Uint8Array, otherLog: boolean): Uint8Array {
    const key = otherLog ? log() : this.#certificates;
    const number = (value: number | bigint, length: number) => {
      const hex = value.toString(16).padStart(length * 2, "0");
      return Buffer.from(hex, "hex");
    };
    const time = number(BigInt(SIGNED_AT), 8);
    const authority = sha256(Buffer.from(this.#root.publicKey.rawData));
    const head = [number(0, 1), number(0, 1), time, number(1, 2), authority];
    const signed = Buffer.concat([...head, number(tbs.length, 3), tbs, number(0, 2)]);
    const signature = sign("sha256", signed, key.privateKey);
    const sct = Buffer.concat([
      ...[number(0, 1), sha256(spki(key.publicKey)), time, number(0, 2), Buffer.from([4, 3])],
      ...[number(signature.length, 2), signature],
    ]);
    return Buffer.concat([number(sct.length + 2, 2), number(sct.length, 2), sct]);
  }

  /** An entry of the log of signatures, with its promise and its proof: it is one of two. */
  #logged(body: unknown, { after = MINUTE }: Signing) {
    const { publicKey, privateKey } = this.#signatures;
    const id = sha256(spki(publicKey));
    const canonical = Buffer.from(JSON.stringify(sorted(body)));
    const integratedTime = Math.floor((SIGNED_AT + after) / 1000);
    const promised = JSON.stringify({
      body: canonical.toString("base64"),
      integratedTime,
      logID: id.toString("hex"),
      logIndex: 1,
    });
    const other = sha256(Buffer.from([0]), "another");
    const leaf = sha256(Buffer.from([0]), canonical);
    const root = sha256(Buffer.from([1]), other, leaf);
    const note = `log.fake.example\n2\n${root.toString("base64")}\n`;
    const signature = Buffer.concat([
      id.subarray(0, 4),
      sign("sha256", Buffer.from(note), privateKey),
    ]);
    return {
      logIndex: "1",
      logId: { keyId: id.toString("base64") },
      kindVersion: { kind: (body as { kind: string }).kind, version: "0.0.1" },
      integratedTime: String(integratedTime),
      inclusionPromise: {
        signedEntryTimestamp: sign("sha256", Buffer.from(promised), privateKey).toString("base64"),
      },
      inclusionProof: {
        logIndex: "1",
        rootHash: root.toString("base64"),
        treeSize: "2",
        hashes: [other.toString("base64")],
        checkpoint: {
          envelope: `${note}\n\u2014 log.fake.example ${signature.toString("base64")}\n`,
        },
      },
      canonicalizedBody: canonical.toString("base64"),
    };
  }
}

/** `value` with the keys of its objects in order. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([key, it]) => [key, sorted(it)]));
}
