/** Password hashes: scrypt for what Berth makes, bcrypt for what htpasswd makes. */
import { compare } from "bcryptjs";
import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { isBcrypt, parseScrypt } from "./password_form.ts";

/** OWASP's parameters with 32 MiB: N = 2^15, r = 8, p = 3. */
const COST = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

interface ScryptHash {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** A hash to put into the configuration: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { ...COST, salt, hash: new Uint8Array(HASH_BYTES) });
  const { ln, r, p } = COST;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Whether `password` belongs to `hash`; `false` for a hash that is no hash. The time taken does not
 * depend on how much of it is right.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (isBcrypt(hash)) return await compare(password, hash);
  const form = parseScrypt(hash);
  if (!form) return false;
  const [salt, expected] = [form.salt, form.hash].map((text) => Buffer.from(text, "base64"));
  const derived = await derive(password, { ...form, salt: salt!, hash: expected! });
  return timingSafeEqual(derived, expected!);
}

function derive(password: string, { ln, r, p, salt, hash }: ScryptHash): Promise<Uint8Array> {
  const options = { N: 2 ** ln, r, p, maxmem: 256 * r * (2 ** ln + p) };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, hash.length, options, (error, derived) => {
      if (error) reject(error);
      else resolve(derived);
    });
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}
