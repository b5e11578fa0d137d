/** What an answer's headers say of its content. Pure. */
import { parseDigest } from "../../cache/digest.ts";
import { isManifestType } from "../../cache/manifest.ts";

/**
 * Whether headers say that what `path` names came (`manifests/latest`, `blobs/sha256:…`). A 200 alone
 * does not: sign-in pages, captive portals and walls in front of a registry say it to everything.
 */
export function isContentOf(
  path: string,
  { status, headers }: Pick<Response, "status" | "headers">,
): boolean {
  if (status !== 200 && status !== 206) return false;
  const [kind, reference = ""] = path.split("/");
  const asked = parseDigest(reference);
  const said = parseDigest(headers.get("docker-content-digest") ?? "");
  if (said) return asked?.algorithm !== said.algorithm || asked.hex === said.hex;
  return kind === "manifests" && isManifestType(headers.get("content-type") ?? "");
}
