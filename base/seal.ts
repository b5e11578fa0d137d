/** Text given to others in a form that they can neither read nor change: encrypted and signed. */

const SEALED = "berth~";

/** The first one seals, all of them open. */
export type SealingKeys = readonly CryptoKey[];

/**
 * Keys for `seal`: `known` ones of 32 bytes each, which others have, too, or a random one; what that
 * has sealed can be opened while this process lives.
 */
export async function sealingKeys(
  known: readonly Uint8Array<ArrayBuffer>[] = [],
): Promise<SealingKeys> {
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  // Random bytes: a start would wait 30 ms for the first call of generateKey.
  const keys = known.length > 0 ? known : [crypto.getRandomValues(new Uint8Array(32))];
  return await Promise.all(
    keys.map((bytes) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, usages)),
  );
}

/** True where `text` has the form that `seal` gives. */
export function isSealed(text: string): boolean {
  return text.startsWith(SEALED);
}

/** `text` encrypted and signed (AES-GCM), fit for a path; it opens in the same `context` alone. */
export async function seal(text: string, context: string, keys: SealingKeys): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encode(context) },
    keys[0]!,
    encode(text),
  );
  return SEALED + [iv, new Uint8Array(bytes)].map(base64url).join("~");
}

/** What `sealed` holds; `undefined` where it was changed, or sealed by another key or context. */
export async function unseal(
  sealed: string,
  context: string,
  keys: SealingKeys,
): Promise<string | undefined> {
  for (const key of keys) {
    try {
      const [iv, bytes] = sealed.slice(SEALED.length).split("~").map(fromBase64url);
      const plain = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: iv!, additionalData: encode(context) },
        key,
        bytes!,
      );
      return new TextDecoder().decode(plain);
    } catch {
      // By another key, or by none.
    }
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64url(bytes: Uint8Array): string {
  // Piece by piece: a call takes so many arguments only.
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
