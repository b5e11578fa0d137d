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
