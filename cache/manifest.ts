/** Manifests as far as the cache needs them: what they name, so that it goes with them. */
import { isObject, type Json, listIn, parseObject } from "../base/json.ts";
import { parseDigest } from "./digest.ts";

type ReferenceKind = "manifest" | "config" | "layer" | "subject";

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

/** Manifests of the past: Docker's first schema, and artifacts before OCI 1.1. */
export const FORMER_TYPES = {
  schema1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
  schema1: "application/vnd.docker.distribution.manifest.v1+json",
  ociArtifact: "application/vnd.oci.artifact.manifest.v1+json",
  orasArtifact: "application/vnd.cncf.oras.artifact.manifest.v1+json",
} as const;

const KNOWN: readonly string[] = [...Object.values(LINKING_TYPES), ...Object.values(FORMER_TYPES)];
const INDEXES: readonly string[] = [LINKING_TYPES.ociIndex, LINKING_TYPES.dockerList];
const IMAGES: readonly string[] = [LINKING_TYPES.ociManifest, LINKING_TYPES.dockerManifest];

/** Whether `mediaType` is known as a manifest's or an index's. */
export function isManifestType(mediaType: string): boolean {
  return KNOWN.includes(bare(mediaType));
}

/**
 * What the manifest or index in `bytes` names, in its order (OCI image spec, manifest.md and
 * image-index.md; schema 1 has no sizes). Descriptors that make no sense are left out; no manifest,
 * no references.
 */
export function referencesOf(bytes: Uint8Array): Reference[] {
  const manifest = parseObject(bytes);
  if (!manifest) return [];
  return [
    ...listIn(manifest.manifests).flatMap((entry) => reference("manifest", entry)),
    ...reference("config", manifest.config),
    ...listIn(manifest.layers).flatMap((entry) => reference("layer", entry)),
    ...listIn(manifest.blobs).flatMap((entry) => reference("layer", entry)),
    ...listIn(manifest.fsLayers).flatMap((entry) => reference("layer", fsLayer(entry))),
    ...reference("subject", manifest.subject),
  ];
}

/**
 * What `bytes` are as a manifest, whichever way they came; empty where they are none. What a manifest
 * says of itself comes first. OCI's may leave it out: then `label`, as a registry called it, counts
 * where it fits what the manifest holds, which has to be either an index or an image (CVE-2021-41190).
 */
export function manifestType(bytes: Uint8Array, label = ""): string {
  const manifest = mayBeObject(bytes) ? parseObject(bytes) : undefined;
  if (!manifest) return "";
  const { schemaVersion, mediaType } = manifest;
  if (schemaVersion === 1) return schema1Type(manifest);
  if (typeof mediaType === "string" && mediaType !== "") {
    if (isManifestType(mediaType)) return mediaType;
    return schemaVersion === 2 && CUSTOM.test(mediaType) && namesContent(manifest) ? mediaType : "";
  }
  if (schemaVersion !== 2) return "";
  const index = Array.isArray(manifest.manifests);
  const image = Array.isArray(manifest.layers) || isObject(manifest.config);
  if (index === image) return "";
  const types = index ? INDEXES : IMAGES;
  return types.includes(bare(label)) ? bare(label) : types[0]!;
}

/** Type of a manifest by Docker's first schema, with or without signatures. */
function schema1Type({ fsLayers, history, signatures }: Json): string {
  if (!Array.isArray(fsLayers) && !Array.isArray(history)) return "";
  return Array.isArray(signatures) ? FORMER_TYPES.schema1Signed : FORMER_TYPES.schema1;
}

/** Types that others may define; nothing that a browser would show as a page. */
const CUSTOM = /^application\/[\w.+-]+\+json$/;

/** Whether a manifest of a type that is not known here holds what manifests hold. */
function namesContent({ config, layers, manifests, blobs }: Json): boolean {
  return [layers, manifests, blobs].some(Array.isArray) || reference("config", config).length > 0;
}

/** A quick look before all of it is read as JSON. */
function mayBeObject(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => !SPACE.includes(byte));
  return first === 0x7b;
}

const SPACE = [0x20, 0x09, 0x0a, 0x0d];

function bare(mediaType: string): string {
  return mediaType.split(";", 1)[0]!.trim().toLowerCase();
}

function fsLayer(entry: unknown): unknown {
  return isObject(entry) ? { digest: entry.blobSum } : undefined;
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
