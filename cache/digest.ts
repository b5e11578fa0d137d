/** Digests as the OCI image specification writes them: `<algorithm>:<lower-case hex>`. */
export type Algorithm = "sha256" | "sha512";

export interface Digest {
  readonly algorithm: Algorithm;
  readonly hex: string;
}

const PATTERN = /^(?:(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128}))$/;

/** Thrown where a digest is required and `received` is none. */
export class InvalidDigest extends Error {
  override name = "InvalidDigest";
  constructor(readonly received: string) {
    super(`not a digest: ${JSON.stringify(received.slice(0, 160))}`);
  }
}

/**
 * Splits a digest of one of the registered algorithms (OCI image spec, descriptor.md#digests).
 * `undefined` for anything else, upper-case hex included.
 */
export function parseDigest(text: string): Digest | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  return match[1]
    ? { algorithm: "sha256", hex: match[2]! }
    : { algorithm: "sha512", hex: match[4]! };
}

/** As {@linkcode parseDigest}, for callers that have no use for anything else; throws {@linkcode InvalidDigest}. */
export function requireDigest(text: string): Digest {
  const digest = parseDigest(text);
  if (!digest) throw new InvalidDigest(text);
  return digest;
}

/** The digest of `bytes`, all at hand; for streams and in bulk there is `hash.ts`. */
export async function computeDigest(
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: Algorithm = "sha256",
): Promise<string> {
  const name = algorithm === "sha256" ? "SHA-256" : "SHA-512";
  return `${algorithm}:${new Uint8Array(await crypto.subtle.digest(name, bytes)).toHex()}`;
}

const OF_NOTHING = [
  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
];

/** Whether `digest` is that of no bytes at all. */
export function isOfNothing(digest: string): boolean {
  return OF_NOTHING.includes(digest);
}
