/**
 * Keys that openssl 3 locks by Triple DES (PKCS#8 with PBES2, RFC 8018, 6.2): Deno's `createPrivateKey`
 * reads AES there and no other cipher.
 */
import { type BaseBlock, fromBER, Integer, ObjectIdentifier, OctetString, Sequence } from "asn1js";
import { createDecipheriv, pbkdf2Sync } from "node:crypto";

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const DES_EDE3_CBC = "1.2.840.113549.3.7";
/** The hash of PBKDF2; SHA-1 where none is named. */
const HASHES: Readonly<Record<string, string>> = {
  "": "sha1",
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.11": "sha512",
};

/**
 * The PKCS#8 in `pem` (`ENCRYPTED PRIVATE KEY`), DER. Throws where it is locked otherwise, or by
 * another passphrase.
 */
export function unlockTripleDes(pem: string, passphrase: string): Uint8Array {
  const der = Uint8Array.fromBase64(pem.replaceAll(/-----[^-]+-----|\s/g, ""));
  const [algorithm, sealed] = parts(fromBER(der).result);
  const [scheme, parameters] = parts(algorithm);
  const [derivation, encryption] = parts(parameters);
  const [kdf, kdfParameters] = parts(derivation);
  const [cipher, iv] = parts(encryption);
  const [salt, iterations, ...options] = parts(kdfParameters);
  const [prf] = parts(options.at(-1));
  const hash = HASHES[oid(prf)];
  const known = oid(scheme) === PBES2 && oid(kdf) === PBKDF2 && oid(cipher) === DES_EDE3_CBC;
  if (!known || hash === undefined || !(iterations instanceof Integer)) {
    throw new TypeError("not locked by PBES2 with Triple DES");
  }
  const count = Number(iterations.toBigInt());
  const key = pbkdf2Sync(passphrase, bytes(salt), count, 24, hash);
  const decipher = createDecipheriv("des-ede3-cbc", key, bytes(iv));
  return new Uint8Array([...decipher.update(bytes(sealed)), ...decipher.final()]);
}

function parts(block: BaseBlock | undefined): BaseBlock[] {
  return block instanceof Sequence ? block.valueBlock.value as BaseBlock[] : [];
}

function oid(block: BaseBlock | undefined): string {
  return block instanceof ObjectIdentifier ? block.getValue() : "";
}

function bytes(block: BaseBlock | undefined): Uint8Array {
  if (block instanceof OctetString) return block.valueBlock.valueHexView;
  throw new TypeError("not the structure of an encrypted key");
}
