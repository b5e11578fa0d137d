/** Upstream's own addresses, given to clients in a form that they can neither read nor change. */

const SEALED = "berth~";

/** A key for `seal`: what was sealed with it can be opened while this process lives. */
export function sealingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** True where `text` has the form that `seal` gives. */
export function isSealed(text: string): boolean {
  return text.startsWith(SEALED);
}

/** `text` encrypted and signed (AES-GCM), as part of a path; it opens in the same `context` alone. */
export async function seal(text: string, context: string, key: CryptoKey): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encode(context) },
    key,
    encode(text),
  );
  return SEALED + [iv, new Uint8Array(bytes)].map(base64url).join("~");
}

/** What `sealed` holds; `undefined` where it was changed, or sealed by another key or context. */
export async function unseal(
  sealed: string,
  context: string,
  key: CryptoKey,
): Promise<string | undefined> {
  try {
    const [iv, bytes] = sealed.slice(SEALED.length).split("~").map(fromBase64url);
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: iv!, additionalData: encode(context) },
      key,
      bytes!,
    );
    return new TextDecoder().decode(plain);
  } catch {
    return undefined;
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
