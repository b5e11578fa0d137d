/** Hashing content while it passes. Native: `@std/crypto` would be WASM, at half the speed. */
import { createHash, type Hash } from "node:crypto";
import { type Algorithm, requireDigest } from "./digest.ts";

/** A running hash whose {@linkcode finish} yields the digest in its written form. */
export class Hasher {
  readonly #algorithm: Algorithm;
  readonly #hash: Hash;

  constructor(algorithm: Algorithm, hash: Hash = createHash(algorithm)) {
    this.#algorithm = algorithm;
    this.#hash = hash;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** A second hash that continues from the bytes seen so far. */
  copy(): Hasher {
    return new Hasher(this.#algorithm, this.#hash.copy());
  }

  /** Ends the hash; call once. */
  finish(): string {
    return `${this.#algorithm}:${this.#hash.digest("hex")}`;
  }
}

/** A hash of the algorithm that `digest` names. Throws {@linkcode InvalidDigest}. */
export function hasherFor(digest: string): Hasher {
  return new Hasher(requireDigest(digest).algorithm);
}

/** The digest of `bytes`. */
export function digestOf(bytes: Uint8Array, algorithm: Algorithm = "sha256"): string {
  const hasher = new Hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}
