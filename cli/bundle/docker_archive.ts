/**
 * Archives of `docker save` before version 25, and of tools that write the same: configs and layers
 * without manifests, which are made here.
 */
import { z } from "zod";
import { parseDigest } from "../../cache/digest.ts";
import { LINKING_TYPES } from "../../cache/manifest.ts";
import { digestOf, hasherFor } from "../../cache/hash.ts";
import type { BundleImage } from "./bundle.ts";
import { bytesOf, type Contents, type Held, jsonOf } from "./contents.ts";
import { DOCKER_FILE } from "./layout.ts";
import { BundleProblem } from "./problem.ts";
import { safePath } from "./tar.ts";

const manifest = z.array(z.object({
  Config: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  Layers: z.array(z.string()),
}));
const digest = z.string().refine((text) => parseDigest(text) !== undefined);
const config = z.object({ rootfs: z.object({ diff_ids: z.array(digest) }) });

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

interface Layer {
  mediaType: string;
  digest: string;
  size: number;
}

/** The images of such an archive. Throws {@linkcode BundleProblem}. */
export async function readDockerArchive(
  contents: Contents,
): Promise<{ images: BundleImage[]; blobs: Map<string, Held> }> {
  const parsed = manifest.safeParse(await jsonOf(contents.files.get(DOCKER_FILE)!, DOCKER_FILE));
  if (!parsed.success) throw new BundleProblem(`${DOCKER_FILE} is no list of images`);
  const images: BundleImage[] = [];
  const blobs = new Map<string, Held>();
  for (const { Config: path, RepoTags: tags, Layers: layers } of parsed.data) {
    const bytes = await bytesOf(fileAt(contents, path), path);
    const digest = digestOf(bytes);
    const hex = /([0-9a-f]{64})(\.json)?$/.exec(path)?.[1];
    if (hex !== undefined && digest !== `sha256:${hex}`) {
      throw new BundleProblem(`${path} was altered: it is ${digest}`);
    }
    const ids = diffIdsOf(bytes, path);
    if (ids.length !== layers.length) {
      throw new BundleProblem(`${path} names ${ids.length} layers, the archive ${layers.length}`);
    }
    const found: Layer[] = [];
    for (const [index, id] of ids.entries()) {
      const file = fileAt(contents, layers[index]!);
      const layer = await layerOf(file, layers[index]!, id);
      blobs.set(layer.digest, file);
      found.push(layer);
    }
    blobs.set(digest, inMemory(bytes));
    const made = manifestOf({ mediaType: CONFIG_TYPE, digest, size: bytes.length }, found);
    const root = digestOf(made);
    blobs.set(root, inMemory(made));
    for (const name of tags?.length ? tags : [""]) {
      images.push({ name, registry: "", digest: root, referrers: [] });
    }
  }
  return { images, blobs };
}

/** The file at `path`, or the one that a link there means: equal layers are written once. */
function fileAt({ files, links }: Contents, path: string): Held {
  let at = safePath(path);
  for (let steps = 0; links.has(at) && steps < 10; steps++) at = links.get(at)!;
  const file = files.get(at);
  if (file) return file;
  throw new BundleProblem(`it is cut: ${path} is missing`);
}

function diffIdsOf(bytes: Uint8Array, path: string): string[] {
  try {
    return config.parse(JSON.parse(new TextDecoder().decode(bytes))).rootfs.diff_ids;
  } catch {
    throw new BundleProblem(`${path} is no image's config`);
  }
}

/** The layer in `file`, which has the digest `id` when it is unpacked. */
async function layerOf(file: Held, path: string, id: string): Promise<Layer> {
  const layer = { mediaType: LAYER_TYPE, digest: id, size: file.size };
  if (!await isGzip(file)) return layer;
  const [packed, plain] = [hasherFor(id), hasherFor(id)];
  const seen = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      packed.update(piece);
      controller.enqueue(piece);
    },
  });
  const unpacked = file.open(0).pipeThrough(seen).pipeThrough(new DecompressionStream("gzip"));
  try {
    for await (const piece of unpacked) plain.update(piece);
  } catch (error) {
    throw new BundleProblem(`${path} was altered: it cannot be unpacked`, { cause: error });
  }
  const actual = plain.finish();
  if (actual !== id) throw new BundleProblem(`${path} was altered: it is ${actual}, not ${id}`);
  return { ...layer, mediaType: `${LAYER_TYPE}+gzip`, digest: packed.finish() };
}

async function isGzip(file: Held): Promise<boolean> {
  const reader = file.open(0).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value?.[0] === 0x1f && value[1] === 0x8b;
}

function manifestOf(config: Layer, layers: readonly Layer[]): Uint8Array<ArrayBuffer> {
  const mediaType = LINKING_TYPES.ociManifest;
  const text = JSON.stringify({ schemaVersion: 2, mediaType, config, layers });
  return new TextEncoder().encode(text);
}

function inMemory(bytes: Uint8Array<ArrayBuffer>): Held {
  return { size: bytes.length, open: (from) => new Blob([bytes.subarray(from)]).stream() };
}
