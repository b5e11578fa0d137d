/** Manifests by Docker's first schema, which carry their signatures with them. */

/**
 * What the signatures in `bytes` are about, whose digest is the manifest's: the text without them, as
 * each signature's `protected` part describes it (libtrust's JSON signatures). `undefined` where that
 * cannot be made out, or they disagree.
 */
export function signedPayload(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  try {
    const { signatures } = JSON.parse(new TextDecoder().decode(bytes));
    const ends: string[] = signatures.map((signature: { protected: string }) => {
      const { formatLength, formatTail } = JSON.parse(new TextDecoder().decode(
        Uint8Array.fromBase64(signature.protected, { alphabet: "base64url" }),
      ));
      return JSON.stringify([formatLength, formatTail]);
    });
    if (ends.length === 0 || new Set(ends).size > 1) return undefined;
    const [length, end]: unknown[] = JSON.parse(ends[0]!);
    if (typeof length !== "number" || !(length >= 0 && length <= bytes.length)) return undefined;
    const tail = Uint8Array.fromBase64(String(end), { alphabet: "base64url" });
    const payload = new Uint8Array(length + tail.length);
    payload.set(bytes.subarray(0, length));
    payload.set(tail, length);
    return payload;
  } catch {
    return undefined;
  }
}
