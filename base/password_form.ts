/**
 * How password hashes are written: scrypt in PHC form, and bcrypt as htpasswd makes it.
 * https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
 */

const SCRYPT =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** The parts of `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
interface ScryptForm {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  /** Base64 without padding. */
  readonly salt: string;
  readonly hash: string;
}

/** Whether `text` is a hash that can be checked, at a cost that can be borne. */
export function isPasswordHash(text: string): boolean {
  return isBcrypt(text) || parseScrypt(text) !== undefined;
}

/** Whether `text` is a bcrypt hash of a bearable cost. */
export function isBcrypt(text: string): boolean {
  const cost = Number(BCRYPT.exec(text)?.[1] ?? 0);
  return cost >= 4 && cost <= 16;
}

/** `text` taken apart; `undefined` where it is no scrypt hash, or one that costs too much. */
export function parseScrypt(text: string): ScryptForm | undefined {
  const match = SCRYPT.exec(text);
  if (!match) return undefined;
  const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  if (ln < 1 || ln > 18 || r < 1 || r > 16 || p < 1 || p > 16) return undefined;
  return { ln, r, p, salt: match[4]!, hash: match[5]! };
}
