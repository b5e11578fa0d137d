/**
 * Password hashes: scrypt in PHC form for what Berth makes, bcrypt for what htpasswd makes.
 * https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
 */
import { compare } from "bcryptjs";
import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** OWASP's parameters with 32 MiB: N = 2^15, r = 8, p = 3. */
const COST = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const SCRYPT =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

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
  const parsed = parseScrypt(hash);
  return parsed !== undefined && timingSafeEqual(await derive(password, parsed), parsed.hash);
}

/** Whether `text` is a hash that `verifyPassword` can check, at a cost that can be borne. */
export function isPasswordHash(text: string): boolean {
  return isBcrypt(text) || parseScrypt(text) !== undefined;
}

function isBcrypt(text: string): boolean {
  const cost = Number(BCRYPT.exec(text)?.[1] ?? 0);
  return cost >= 4 && cost <= 16;
}

function parseScrypt(text: string): ScryptHash | undefined {
  const match = SCRYPT.exec(text);
  if (!match) return undefined;
  const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  if (ln < 1 || ln > 18 || r < 1 || r > 16 || p < 1 || p > 16) return undefined;
  return {
    ln,
    r,
    p,
    salt: Buffer.from(match[4]!, "base64"),
    hash: Buffer.from(match[5]!, "base64"),
  };
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
