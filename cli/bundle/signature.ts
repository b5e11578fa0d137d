/** Signing of bundles, and the check of that: ECDSA or Ed25519, with keys in PEM. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { describeReadError } from "../../base/read_error.ts";
import { BundleProblem } from "./problem.ts";

const TYPES = ["ec", "ed25519"];

/** The private key in the file at `path`. Throws {@linkcode BundleProblem}. */
export function readPrivateKey(path: string): Promise<KeyObject> {
  return readKey(path, "private", createPrivateKey);
}

/** The public key in the file at `path`; that of a private one, too. Throws {@linkcode BundleProblem}. */
export function readPublicKey(path: string): Promise<KeyObject> {
  return readKey(path, "public", createPublicKey);
}

async function readKey(
  path: string,
  kind: string,
  parse: (pem: string) => KeyObject,
): Promise<KeyObject> {
  const pem = await readFile(path, "utf8").catch((error) => {
    throw new BundleProblem(`--key ${path}: ${describeReadError(error)}`);
  });
  let key: KeyObject;
  try {
    key = parse(pem);
  } catch {
    // What the parser says may quote the file.
    throw new BundleProblem(`--key ${path}: expected a ${kind} key in PEM, without a passphrase`);
  }
  if (TYPES.includes(key.asymmetricKeyType ?? "")) return key;
  throw new BundleProblem(
    `--key ${path}: found a key for ${key.asymmetricKeyType}, expected ECDSA or Ed25519`,
  );
}

/** The signature of `bytes`, in base64. */
export function signatureOf(bytes: Uint8Array, key: KeyObject): string {
  return `${sign(hashOf(key), bytes, key).toString("base64")}\n`;
}

/** Whether `signature` is that of `bytes` by the owner of `key`. */
export function isSigned(bytes: Uint8Array, signature: string, key: KeyObject): boolean {
  try {
    return verify(hashOf(key), bytes, key, Buffer.from(signature.trim(), "base64"));
  } catch {
    return false; // Not of this key's form.
  }
}

/** Ed25519 has a hash of its own. */
function hashOf({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === "ed25519" ? null : "sha256";
}
