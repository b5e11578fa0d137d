/** What refers to a manifest: signatures, attestations and SBOMs, however they are attached. */
import { parseDigest } from "../../cache/digest.ts";
import { type Asker, Refused } from "./asker.ts";
import type { Image } from "./image.ts";

/** Tags under which cosign keeps what belongs to a digest where there are no referrers. */
export const COSIGN = ["sig", "att", "sbom"];

/**
 * References (digests, and cosign's tags) of what refers to `digest`. Throws what the registry refuses
 * with; that it has no list is no refusal.
 */
export async function referrersOf(
  asker: Asker,
  image: Image,
  digest: string,
  signal: AbortSignal,
): Promise<string[]> {
  const found = new Set<string>();
  try {
    for await (const page of asker.pages(image, `referrers/${digest}`, signal)) {
      for (const entry of digestsIn(page)) found.add(entry);
    }
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
  }
  for (const suffix of COSIGN) {
    const tag = `${digest.replace(":", "-")}.${suffix}`;
    if (await asker.hasTag(image, tag, signal)) found.add(tag);
  }
  return [...found];
}

function digestsIn(index: unknown): string[] {
  const { manifests } = Object(index);
  if (!Array.isArray(manifests)) return [];
  return manifests.map((entry) => String(Object(entry).digest)).filter((text) => parseDigest(text));
}
