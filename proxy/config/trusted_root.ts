/**
 * A trusted root of Sigstore: the authorities and logs that keyless signatures are checked against
 * (`trusted_root.json`, protobuf-specs sigstore_trustroot.proto). Its libraries are loaded where there
 * is one.
 */
import type { TrustMaterial } from "@sigstore/verify";
import { z } from "zod";

const bytes = z.looseObject({ rawBytes: z.string("expected base64") }, "expected rawBytes");
const atLeastOne = "expected at least one";
const logs = z.array(
  z.looseObject({ publicKey: bytes, logId: z.looseObject({ keyId: z.string() }) }),
  atLeastOne,
).min(1, atLeastOne);
const shape = z.looseObject({
  certificateAuthorities: z.array(
    z.looseObject({
      certChain: z.looseObject({ certificates: z.array(bytes, atLeastOne).min(1, atLeastOne) }),
    }),
    atLeastOne,
  ).min(1, atLeastOne),
  ctlogs: logs,
  tlogs: logs,
}, "expected an object");

/**
 * What signatures are checked against, of `text`. Throws an error that says what is wrong with it, also
 * where nothing that was signed at `now` (Unix milliseconds) could be trusted by it any more.
 */
export async function readTrustedRoot(text: string, now: number): Promise<TrustMaterial> {
  const { success, data, error } = shape.safeParse(json(text));
  if (!success) {
    const { path, message } = error.issues[0]!;
    throw new Error(`is no trusted root of Sigstore: ${[...path, ""].join(": ")}${message}`);
  }
  const { TrustedRoot, toTrustMaterial } = await import("./sigstore.ts");
  let root: TrustMaterial;
  try {
    root = toTrustMaterial(TrustedRoot.fromJSON(data));
  } catch (error) {
    throw new Error(`has a certificate or a key that cannot be read: ${(error as Error).message}`);
  }
  const ends = {
    certificateAuthorities: root.certificateAuthorities.map(({ certChain, validFor }) =>
      Math.min(validFor.end.getTime(), ...certChain.map(({ notAfter }) => notAfter.getTime()))
    ),
    ctlogs: root.ctlogs.map(({ validFor }) => validFor.end.getTime()),
    tlogs: root.tlogs.map(({ validFor }) => validFor.end.getTime()),
  };
  for (const [key, times] of Object.entries(ends)) {
    const last = Math.max(...times);
    if (last >= now) continue;
    throw new Error(
      `has expired: the last of its ${key} ended at ${new Date(last).toISOString()}; ` +
        "expected a newer one",
    );
  }
  return root;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
