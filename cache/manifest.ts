/** Manifests as far as the cache needs them: what they name, so that it goes with them. */
import { parseDigest } from "./digest.ts";

export type ReferenceKind = "manifest" | "config" | "layer" | "subject";

export interface Reference {
  digest: string;
  kind: ReferenceKind;
  mediaType: string;
  size: number;
  /** `linux/arm64/v8`; empty where none is stated. */
  platform: string;
}

/**
 * Largest manifest that is looked into, or taken from upstream by its tag, in bytes (the distribution
 * spec asks for 4 MiB at least).
 */
export const MANIFEST_LIMIT = 8 * 2 ** 20;

/** The types whose content names other content by digest. */
export const LINKING_TYPES = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
} as const;

const LINKING: readonly string[] = Object.values(LINKING_TYPES);

/** Whether content of this media type names other content by digest. */
export function isManifestType(mediaType: string): boolean {
  return LINKING.includes(mediaType.split(";", 1)[0]!.trim().toLowerCase());
}

/**
 * What the manifest or index in `bytes` names, in its order (OCI image spec, manifest.md and
 * image-index.md). Descriptors that make no sense are left out; no manifest, no references.
 */
export function referencesOf(bytes: Uint8Array): Reference[] {
  const manifest = parseObject(bytes);
  if (!manifest) return [];
  return [
    ...list(manifest.manifests).flatMap((entry) => reference("manifest", entry)),
    ...reference("config", manifest.config),
    ...list(manifest.layers).flatMap((entry) => reference("layer", entry)),
    ...reference("subject", manifest.subject),
  ];
}

/**
 * The media type that content found without one says of itself; empty where it is no manifest.
 * Docker's and OCI's types may stand in `mediaType`; OCI allows to leave it out.
 */
export function sniffMediaType(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) return "";
  const manifest = parseObject(bytes);
  if (manifest?.schemaVersion !== 2) return "";
  if (typeof manifest.mediaType === "string") {
    return isManifestType(manifest.mediaType) ? manifest.mediaType : "";
  }
  if (Array.isArray(manifest.manifests)) return "application/vnd.oci.image.index.v1+json";
  return Array.isArray(manifest.layers) ? "application/vnd.oci.image.manifest.v1+json" : "";
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function parseObject(bytes: Uint8Array): Json | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function reference(kind: ReferenceKind, value: unknown): Reference[] {
  if (!isObject(value) || typeof value.digest !== "string" || !parseDigest(value.digest)) return [];
  return [{
    digest: value.digest,
    kind,
    mediaType: typeof value.mediaType === "string" ? value.mediaType : "",
    size: typeof value.size === "number" && Number.isSafeInteger(value.size) ? value.size : 0,
    platform: platformOf(value.platform),
  }];
}

function platformOf(value: unknown): string {
  if (!isObject(value)) return "";
  return [value.os, value.architecture, value.variant]
    .filter((part): part is string => typeof part === "string" && part !== "").join("/");
}
