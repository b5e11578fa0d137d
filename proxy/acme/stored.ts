/** What an authority has issued, on disk: the chain and behind it the key, in one file. */
import { X509Certificate } from "node:crypto";
import { dirname } from "node:path";
import { writeAtomically } from "../../base/atomic_file.ts";

/** A certificate that can be used, or the one that stands in until there is one. */
export interface Stored {
  /** DNS names that it is for. */
  readonly names: readonly string[];
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Signed by itself, so that the port can be opened: no client takes it. */
  readonly placeholder: boolean;
}

/** What the file holds; `undefined` where there is none, or nothing to use in it. */
export async function readStored(file: string): Promise<Stored | undefined> {
  const text = await Deno.readTextFile(file).catch(() => "");
  if (!/-----BEGIN (RSA |EC )?PRIVATE KEY-----/.test(text)) return undefined;
  try {
    return storedOf(text);
  } catch {
    return undefined;
  }
}

/** What `pem` says of the first certificate in it. Throws where it holds none. */
export function storedOf(pem: string): Stored {
  const leaf = new X509Certificate(pem);
  return {
    names: (leaf.subjectAltName ?? "").split(/,\s*/).filter((name) => name.startsWith("DNS:"))
      .map((name) => name.slice(4).toLowerCase()),
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
    placeholder: leaf.issuer === leaf.subject,
  };
}

/** Replaces the file, which its owner alone may read. Throws what the system says. */
export async function writeStored(
  file: string,
  { cert, key }: { cert: string; key: string },
): Promise<void> {
  await writePrivate(file, `${cert.trimEnd()}\n${key.trimEnd()}\n`);
}

/** The text of a file, made by `make` where there is none yet. Throws what the system says. */
export async function kept(file: string, make: () => Promise<string>): Promise<string> {
  const found = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  if (found !== "") return found;
  const made = await make();
  await writePrivate(file, made);
  return made;
}

/** Puts `text` into `file`, for its owner alone. Throws what the system says. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeAtomically(file, text);
}
