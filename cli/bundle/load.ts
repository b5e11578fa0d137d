/** `berth bundle load`: a bundle into a cache, checked before anything of it has a name. */
import type { KeyObject } from "node:crypto";
import { formatSize } from "../../base/units.ts";
import { digestOf } from "../../cache/hash.ts";
import { MANIFEST_LIMIT } from "../../cache/manifest.ts";
import { BadImage, type Image, imageOf } from "../../proxy/ahead/image.ts";
import { noRoom } from "../../proxy/ahead/room.ts";
import type { Config } from "../../proxy/config/schema.ts";
import { type RegistryMap, registryMap } from "../../proxy/names/target.ts";
import type { CacheControl } from "../cache_socket.ts";
import type { Bundle, BundleImage } from "./bundle.ts";
import { bytesOf, openContents } from "./contents.ts";
import { type Graph, graphOf, type Node } from "./graph.ts";
import { BundleProblem } from "./problem.ts";
import { readBundle } from "./read.ts";
import { isSigned } from "./signature.ts";
import type { Named } from "./transfer.ts";

interface LoadOptions {
  paths: readonly string[];
  /** What has to have signed it; none: nobody has to. */
  key: KeyObject | undefined;
  /** What its one image is called; empty: as it says itself. */
  name: string;
}

interface LoadMeans {
  config: Config;
  cache: Pick<CacheControl, "content" | "missing" | "take" | "settle" | "usage">;
  now(): number;
  /** Told of bytes that have come, of those that are to come. */
  progress(bytes: number, total: number): void;
}

export interface Loaded {
  /** `docker/library/nginx:1.27` */
  images: string[];
  came: { blobs: number; bytes: number };
  here: { blobs: number; bytes: number };
  signed: boolean;
}

/** Throws {@linkcode BundleProblem}; nothing has a name then. */
export async function loadBundle(
  { paths, key, name }: LoadOptions,
  means: LoadMeans,
): Promise<Loaded> {
  await using contents = await openContents(paths);
  const bundle = await readBundle(contents);
  checkSignature(bundle, key);
  const { cache, config, now } = means;
  const absent = new Set(await cache.missing([...bundle.blobs.keys(), ...bundle.needs.keys()]));
  expectNeeds(bundle, absent);
  const images = await imagesOf(
    bundle,
    { name, map: registryMap(config) },
    manifestsOf(bundle, cache),
  );
  const types = new Map(
    images.flatMap(({ nodes }) => nodes.map(({ digest, mediaType }) => [digest, mediaType])),
  );
  const wanted = new Set(images.flatMap(({ named }) => named.holds));
  const arriving = [...wanted].filter((digest) => absent.has(digest));
  const bytes = (digests: readonly string[]) =>
    digests.reduce((sum, digest) => sum + (bundle.blobs.get(digest)?.size ?? 0), 0);
  const total = bytes(arriving);
  const problem = noRoom(total, await cache.usage(), 0);
  if (problem) throw new BundleProblem(problem);
  let came = 0;
  for (const digest of arriving) {
    const { size, open } = bundle.blobs.get(digest)!;
    const mediaType = types.get(digest) ?? "application/octet-stream";
    let most = 0;
    await cache.take(
      { digest, size, mediaType },
      (from) =>
        open(from).pipeThrough(counted(from, (at) => {
          most = Math.max(most, at);
          means.progress(came + most, total);
        })),
    );
    came += size;
    means.progress(came, total);
  }
  const gone = await cache.settle(
    images.map(({ named }) => named),
    Math.min(bundle.created ?? Infinity, now()),
  );
  if (gone.length > 0) {
    throw new BundleProblem(
      `${gone[0]} was evicted while the rest came: there is too little room (cache.max_size)`,
    );
  }
  const here = [...wanted].filter((digest) => bundle.blobs.has(digest) && !absent.has(digest));
  return {
    images: images.map(({ image }) => image.name),
    came: { blobs: arriving.length, bytes: total },
    here: { blobs: here.length, bytes: bytes(here) },
    signed: bundle.signed !== undefined,
  };
}

function checkSignature({ signed }: Bundle, key: KeyObject | undefined): void {
  if (!key) return;
  if (!signed) throw new BundleProblem("it is not signed, and --key asks for a signature");
  if (!isSigned(signed.bytes, signed.signature, key)) {
    throw new BundleProblem("its signature is not by the key that --key names");
  }
}

function expectNeeds({ needs, since }: Bundle, absent: ReadonlySet<string>): void {
  const missing = [...needs].filter(([digest]) => absent.has(digest));
  const [first] = missing;
  if (!first) return;
  const sum = missing.reduce((sum, [, size]) => sum + size, 0);
  const made = since && new Date(since.created).toISOString().slice(0, 16);
  throw new BundleProblem(
    `it builds on an earlier bundle (made ${made}Z, ${since?.digest}) of which ${missing.length} ` +
      `blobs (${formatSize(sum)}) are missing, such as ${first[0]}: load that one first`,
  );
}

/** Manifests out of the bundle, or of what has to be there, from the cache. */
function manifestsOf({ blobs }: Bundle, cache: LoadMeans["cache"]) {
  return async (digest: string): Promise<Uint8Array<ArrayBuffer>> => {
    const file = blobs.get(digest);
    if (!file) {
      const content = await cache.content(digest);
      if (content) {
        return await new Response(content as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
      }
      throw new BundleProblem(`${digest} was evicted meanwhile`);
    }
    if (file.size > MANIFEST_LIMIT) throw new BundleProblem(`${digest} is too long for a manifest`);
    const bytes = await bytesOf(file, digest);
    const actual = digestOf(bytes, digest.startsWith("sha512") ? "sha512" : "sha256");
    if (actual === digest) return bytes;
    throw new BundleProblem(`${digest} was altered: what the bundle has is ${actual}`);
  };
}

interface Loading {
  image: Image;
  named: Named;
  nodes: readonly Node[];
}

/** The images of `bundle` under the names that they get here. */
async function imagesOf(
  { images, blobs, needs }: Bundle,
  { name, map }: { name: string; map: RegistryMap },
  manifest: (digest: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Loading[]> {
  const called = name
    ? images.map((image) => ({ ...image, name }))
    : images.filter((it) => it.name);
  if (name && images.length !== 1) {
    throw new BundleProblem(`--name is for one image, and the bundle has ${images.length}`);
  }
  if (called.length === 0) {
    throw new BundleProblem(
      images.length === 0
        ? "it holds no image"
        : "it does not say what its image is called: give the name with --name",
    );
  }
  const means = { has: (digest: string) => blobs.has(digest) || needs.has(digest), manifest };
  const found: Loading[] = [];
  for (const about of called) {
    const image = targetOf(about, map);
    const graphs: Graph[] = [];
    for (const root of [about.digest, ...about.referrers]) {
      graphs.push(await graphOf(about.name, root, means));
    }
    const nodes = graphs.flatMap(({ manifests }) => manifests);
    const { mediaType, size } = nodes[0]!;
    const holds = [...nodes.map(({ digest }) => digest), ...graphs.flatMap(({ blobs }) => blobs)];
    const { registry, repository, reference } = image;
    if (reference.includes(":") && reference !== about.digest) {
      throw new BundleProblem(`${about.name} is not what the bundle holds, ${about.digest}`);
    }
    const tag = reference.includes(":") ? "" : reference;
    const named = { registry, repository, tag, digest: about.digest, mediaType, size, holds };
    found.push({ image, named, nodes });
  }
  return found;
}

/** The image that `name` means here; where its host means nothing, by what its registry was called. */
function targetOf({ name, registry }: BundleImage, map: RegistryMap): Image {
  const slash = name.indexOf("/");
  const byHost = slash < 0 || map.findInName(name.slice(0, slash)) !== undefined;
  const byName = !byHost && map.find(registry) !== undefined;
  const word = byName ? registry + name.slice(slash) : name;
  try {
    return imageOf(word, map);
  } catch (error) {
    if (!(error instanceof BadImage)) throw error;
    const add = byHost || byName ? "" : "; add its registry to registries, with offline: true";
    throw new BundleProblem(error.message + add);
  }
}

/** Tells of each piece that passes where its end is, of content that begins at byte `from`. */
function counted(
  from: number,
  tell: (at: number) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let at = from;
  return new TransformStream({
    transform(piece, controller) {
      tell(at += piece.length);
      controller.enqueue(piece);
    },
  });
}
