/** The index that lists referrers, by endpoint or by tag. Pure. */
import type { Json } from "../../base/json.ts";
import { bareMediaType, MANIFEST_TYPES } from "../oci/manifest.ts";

export const INDEX = MANIFEST_TYPES.ociIndex;

/**
 * The descriptors of `body`, where it is an OCI index (image spec, image-index.md) that came as
 * `contentType`; `undefined` where it is something else. An index that does not say what it is has
 * its type from the header, unless that is a general one such as `application/json`.
 */
export function indexOf(body: Json | undefined, contentType: string | null): Json[] | undefined {
  const stated = bareMediaType(contentType).toLowerCase();
  const type = body?.mediaType ?? (stated.startsWith("application/vnd.") ? stated : INDEX);
  const manifests = body?.manifests;
  if (type !== INDEX || !Array.isArray(manifests)) return undefined;
  return manifests.every(isDescriptor) ? manifests : undefined;
}

function isDescriptor(entry: unknown): entry is Json {
  return typeof entry === "object" && entry !== null && "digest" in entry &&
    typeof entry.digest === "string";
}

/** Whether `body` is a manifest of any kind: what says so by its type or the version of its schema. */
export function isManifest(body: Json | undefined): body is Json {
  return typeof body?.schemaVersion === "number" || typeof body?.mediaType === "string";
}

/** Whether a descriptor's `artifactType` is one of `types`. */
export function isOfType({ artifactType }: Json, types: readonly string[]): boolean {
  return typeof artifactType === "string" && types.includes(artifactType);
}

/**
 * The tag under which clients keep the referrers of `digest` where a registry has no endpoint for
 * them: algorithm and hex, cut to 32 and 64 characters (distribution spec, "Referrers Tag Schema").
 */
export function referrersTag(digest: string): string {
  const [algorithm = "", encoded = ""] = digest.split(":");
  const tag = `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`;
  return tag.replaceAll(/[^A-Za-z0-9._-]/g, "-");
}
