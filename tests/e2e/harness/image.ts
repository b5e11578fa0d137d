/**
 * An image of the tests' own, as an OCI image layout: an index of two platforms that share a layer,
 * and an attestation as BuildKit attaches it.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "./tar.ts";

const OCI = "application/vnd.oci.image";

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string };
  annotations?: Record<string, string>;
}

/** One platform's part of an image. */
export interface PlatformImage {
  architecture: string;
  /** Digest of its manifest. */
  manifest: string;
  /** Digest of its config, which Docker and Podman call the image's ID. */
  config: string;
  /** Digests of its layers as they are sent. */
  layers: string[];
  /** Digests of its layers uncompressed. */
  diffIds: string[];
}

export interface Image {
  /** The layout's directory. */
  path: string;
  tag: string;
  /** Digest of the index, which the tag stands for. */
  digest: string;
  platforms: { amd64: PlatformImage; arm64: PlatformImage };
  /** Every digest of the image: index, manifests, configs, layers, attestation. */
  digests: Set<string>;
}

interface Layer {
  descriptor: Descriptor;
  diffId: string;
}

/** Writes an image of random content into `path`; its largest layer is about `bigLayer` bytes. */
export async function buildImage(path: string, bigLayer = 30_000_000): Promise<Image> {
  const blobs = join(path, "blobs", "sha256");
  await Deno.mkdir(blobs, { recursive: true });
  const digests = new Set<string>();

  const put = async (mediaType: string, content: Uint8Array | object): Promise<Descriptor> => {
    const bytes = content instanceof Uint8Array
      ? content
      : new TextEncoder().encode(JSON.stringify(content));
    const digest = sha256(bytes);
    await Deno.writeFile(join(blobs, digest.slice("sha256:".length)), bytes);
    digests.add(digest);
    return { mediaType, digest, size: bytes.length };
  };
  const layer = async (name: string, size: number): Promise<Layer> => {
    const archive = tar({ [name]: randomBytes(size) });
    const descriptor = await put(`${OCI}.layer.v1.tar+gzip`, gzipSync(archive, { level: 1 }));
    return { descriptor, diffId: sha256(archive) };
  };
  const manifest = (config: Descriptor, layers: Descriptor[]): Promise<Descriptor> =>
    put(`${OCI}.manifest.v1+json`, {
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config,
      layers,
    });
  const platform = async (architecture: string, layers: Layer[]) => {
    const config = await put(`${OCI}.config.v1+json`, {
      os: "linux",
      architecture,
      config: { Cmd: ["/hello"] },
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(() => ({ created_by: "berth e2e" })),
    });
    const descriptor = await manifest(config, layers.map((one) => one.descriptor));
    const parts: PlatformImage = {
      architecture,
      manifest: descriptor.digest,
      config: config.digest,
      layers: layers.map((one) => one.descriptor.digest),
      diffIds: layers.map((one) => one.diffId),
    };
    return { descriptor: { ...descriptor, platform: { os: "linux", architecture } }, parts };
  };
  const attestation = async (subject: string): Promise<Descriptor> => {
    const statement = await put("application/vnd.in-toto+json", {
      _type: "https://in-toto.io/Statement/v0.1",
      predicateType: "https://slsa.dev/provenance/v0.2",
      subject: [{ name: "app", digest: { sha256: subject.slice("sha256:".length) } }],
    });
    const config = await put(`${OCI}.config.v1+json`, {
      os: "unknown",
      architecture: "unknown",
      rootfs: { type: "layers", diff_ids: [statement.digest] },
    });
    return {
      ...await manifest(config, [statement]),
      platform: { os: "unknown", architecture: "unknown" },
      annotations: {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": subject,
      },
    };
  };

  const shared = await layer("shared", 200_000);
  const amd64 = await platform("amd64", [
    shared,
    await layer("big", bigLayer),
    await layer("small", 4_000),
  ]);
  const arm64 = await platform("arm64", [shared, await layer("arm", 1_000_000)]);
  const index = await put(`${OCI}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [
      amd64.descriptor,
      arm64.descriptor,
      await attestation(amd64.descriptor.digest),
    ],
  });

  const tag = "1.0";
  const annotations = { "org.opencontainers.image.ref.name": tag };
  await writeJson(join(path, "oci-layout"), { imageLayoutVersion: "1.0.0" });
  await writeJson(join(path, "index.json"), {
    schemaVersion: 2,
    manifests: [{ ...index, annotations }],
  });
  return {
    path,
    tag,
    digest: index.digest,
    platforms: { amd64: amd64.parts, arm64: arm64.parts },
    digests,
  };
}

function writeJson(path: string, value: unknown): Promise<void> {
  return Deno.writeTextFile(path, JSON.stringify(value));
}

/** The digest of some bytes, as registries write it. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The digests of all files below a directory. */
export async function fileDigests(dir: string): Promise<Set<string>> {
  const digests = new Set<string>();
  for await (const { name, isDirectory, isFile } of Deno.readDir(dir)) {
    const path = join(dir, name);
    if (isFile) digests.add(sha256(await Deno.readFile(path)));
    if (isDirectory) { for (const digest of await fileDigests(path)) digests.add(digest); }
  }
  return digests;
}
