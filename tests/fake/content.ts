/** Images made of numbers: the same seed is the same digest, and no two seeds share a layer. */
import { createHash } from "node:crypto";

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string };
  annotations?: Record<string, string>;
}

/** Content with its media type, as a registry stores it. */
export interface Stored {
  digest: string;
  mediaType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface FakeImage {
  /** What a tag points at: the index, or the only manifest. */
  root: Stored;
  /** Every manifest and index, the root included. */
  manifests: Stored[];
  /** Configs and layers. */
  blobs: Stored[];
}

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";

/** `size` bytes that depend on `seed` only (xorshift32). */
export function deterministicBytes(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

export function digestOf(bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** `bytes` (or a value, as JSON) under its digest. */
export function stored(content: Uint8Array<ArrayBuffer> | object, mediaType: string): Stored {
  const bytes = content instanceof Uint8Array
    ? content
    : new TextEncoder().encode(JSON.stringify(content));
  return { digest: digestOf(bytes), mediaType, bytes };
}

export function descriptor({ digest, mediaType, bytes }: Stored): Descriptor {
  return { mediaType, digest, size: bytes.length };
}

interface ImageOptions {
  /** Default 1. Layers of another seed differ. */
  seed?: number;
  /** Layer sizes in bytes. Default three small ones. */
  layers?: number[];
  /** Default one: `linux/amd64`. More than one, or `index: true`, makes an index. */
  platforms?: string[];
  index?: boolean;
  /** Adds BuildKit's attestation manifest for each platform (`unknown/unknown`). */
  attestations?: boolean;
}

/** A whole image: configs, layers, manifests and, for several platforms, their index. */
export function image(options: ImageOptions = {}): FakeImage {
  const { seed = 1, layers = [3000, 2000, 1000], platforms = ["linux/amd64"] } = options;
  const blobs: Stored[] = [];
  const manifests: Stored[] = [];
  const children: Descriptor[] = [];
  platforms.forEach((platform, p) => {
    const [os = "linux", architecture = "amd64"] = platform.split("/");
    const made = layers.map((size, i) =>
      stored(deterministicBytes(size, seed * 1009 + p * 101 + i), OCI_LAYER)
    );
    const manifest = singleManifest({ os, architecture }, made, blobs);
    manifests.push(manifest);
    children.push({ ...descriptor(manifest), platform: { os, architecture } });
    if (!options.attestations) return;
    const statement = stored({ subject: manifest.digest, seed }, "application/vnd.in-toto+json");
    const attestation = singleManifest({ os: "unknown", architecture: "unknown" }, [
      statement,
    ], blobs);
    manifests.push(attestation);
    children.push({
      ...descriptor(attestation),
      platform: { os: "unknown", architecture: "unknown" },
      annotations: {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": manifest.digest,
      },
    });
  });
  if (children.length === 1 && !options.index) return { root: manifests[0]!, manifests, blobs };
  const root = stored({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children }, OCI_INDEX);
  return { root, manifests: [...manifests, root], blobs };
}

function singleManifest(
  platform: { os: string; architecture: string },
  layers: Stored[],
  blobs: Stored[],
): Stored {
  const config = stored({
    ...platform,
    config: { Cmd: ["/bin/true"] },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
  }, OCI_CONFIG);
  blobs.push(config, ...layers);
  return stored({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers: layers.map(descriptor),
  }, OCI_MANIFEST);
}

/** A manifest that refers to `subject`, as signatures and SBOMs do. */
export function referrer(subject: Stored, artifactType: string, content = "signed"): FakeImage {
  const layer = stored(new TextEncoder().encode(content), "text/plain");
  const config = stored({}, "application/vnd.oci.empty.v1+json");
  const root = stored({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: descriptor(config),
    layers: [descriptor(layer)],
    subject: descriptor(subject),
  }, OCI_MANIFEST);
  return { root, manifests: [root], blobs: [config, layer] };
}
