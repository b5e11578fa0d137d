/** What goes into a bundle, worked out before the first byte is written. */
import type { KeyObject } from "node:crypto";
import { digestOf } from "../../cache/hash.ts";
import { MANIFEST_LIMIT, manifestType } from "../../cache/manifest.ts";
import type { Bundle } from "./bundle.ts";
import { type Graph, type GraphMeans, graphOf, type Node } from "./graph.ts";
import {
  blobPath,
  DOCKER_FILE,
  type DockerImage,
  dockerManifest,
  INDEX_FILE,
  indexOf,
  LAYOUT,
  LAYOUT_FILE,
} from "./layout.ts";
import {
  type BundleManifest,
  CHECKSUM_FILE,
  checksumOf,
  MANIFEST_FILE,
  SIGNATURE_FILE,
  writeManifest,
} from "./manifest.ts";
import { signatureOf } from "./signature.ts";
import { END, spaceOf } from "./tar.ts";

/** An image that was pulled. */
export interface Pulled {
  /** `docker.io/library/nginx:1.27` */
  name: string;
  registry: string;
  digest: string;
  /** All that was pulled of it: bytes by digest. */
  parts: ReadonlyMap<string, number>;
  /** Of those, what refers to it, manifests and their content alike. */
  referrers: readonly string[];
}

/** What a bundle is made against. */
export interface Former {
  digests: ReadonlySet<string>;
  since: NonNullable<BundleManifest["since"]>;
}

export interface Plan {
  /** The small files, in their order. */
  files: readonly { path: string; bytes: Uint8Array<ArrayBuffer> }[];
  /** What follows them; `image` is one that has it. */
  blobs: readonly { digest: string; size: number; path: string; image: string }[];
  /** Bytes that come before, of what the former bundle has. */
  left: { blobs: number; bytes: number };
  /** Bytes of the archive. */
  total: number;
  created: number;
}

/** What was there before by the bundle `bundle`, and what that one needed. */
export function formerOf(bundle: Bundle): Former | undefined {
  if (bundle.created === undefined || !bundle.identity) return undefined;
  return {
    digests: new Set([...bundle.blobs.keys(), ...bundle.needs.keys()]),
    since: { digest: bundle.identity, created: bundle.created },
  };
}

/** What has been pulled, as a bundle lists it. */
interface Gathered {
  images: { image: Pulled; graph: Graph; referrers: string[] }[];
  manifests: Map<string, Node>;
  blobs: Plan["blobs"];
}

/**
 * The plan of a bundle of `pulled`, without what `former` has. `manifest` gives those that were
 * pulled, by digest; `key` signs. `platform` is the one that Docker gets where there are several.
 */
export async function planOf(
  pulled: readonly Pulled[],
  { former, manifest, key, created, platform }: {
    former: Former | undefined;
    manifest: GraphMeans["manifest"];
    key: KeyObject | undefined;
    created: number;
    platform: string;
  },
): Promise<Plan> {
  const gathered = await gather(pulled, manifest);
  const isOld = ({ digest }: Sized) => former?.digests.has(digest) ?? false;
  const blobs = gathered.blobs.filter((blob) => !isOld(blob));
  const old = gathered.blobs.filter(isOld);
  const layout = layoutOf(gathered, new Set(blobs.map(({ digest }) => digest)), platform);
  const own = writeManifest({
    created,
    images: gathered.images.map(({ image: { name, registry, digest }, referrers }) => ({
      ...{ name, registry, digest, referrers },
    })),
    blobs: blobs.map(bare),
    needs: old.map(bare),
    since: former?.since ?? null,
    files: Object.fromEntries(layout.map(({ path, bytes }) => [path, digestOf(bytes)])),
  });
  const files = [
    ...layout,
    { path: MANIFEST_FILE, bytes: own },
    fileOf(CHECKSUM_FILE, checksumOf(own)),
    ...key ? [fileOf(SIGNATURE_FILE, signatureOf(own, key))] : [],
  ];
  const total = [...files.map(({ bytes }) => bytes.length), ...blobs.map(({ size }) => size)]
    .reduce((sum, size) => sum + spaceOf(size), END.length);
  const bytes = old.reduce((sum, { size }) => sum + size, 0);
  return { files, blobs, created, total, left: { blobs: old.length, bytes } };
}

type Sized = { digest: string; size: number };

function bare({ digest, size }: Sized): Sized {
  return { digest, size };
}

function fileOf(path: string, text: string): Plan["files"][number] {
  return { path, bytes: new TextEncoder().encode(text) };
}

async function gather(
  pulled: readonly Pulled[],
  manifest: GraphMeans["manifest"],
): Promise<Gathered> {
  const images: Gathered["images"] = [];
  const manifests = new Map<string, Node>();
  const sizes = new Map<string, { size: number; image: string }>();
  for (const image of pulled) {
    const { name, parts } = image;
    const means = { has: (digest: string) => parts.has(digest), manifest };
    const graph = await graphOf(name, image.digest, means);
    const nodes = new Map(graph.manifests.map((node) => [node.digest, node]));
    const referrers: string[] = [];
    for (const digest of image.referrers) {
      if (nodes.has(digest) || parts.get(digest)! > MANIFEST_LIMIT) continue;
      if (manifestType(await manifest(digest)) === "") continue;
      referrers.push(digest);
      const { manifests } = await graphOf(name, digest, means);
      for (const node of manifests) nodes.set(node.digest, node);
    }
    for (const [digest, node] of nodes) {
      manifests.set(digest, node);
      sizes.set(digest, { size: node.size, image: name });
    }
    for (const [digest, size] of parts) {
      if (!sizes.has(digest)) sizes.set(digest, { size, image: name });
    }
    images.push({ image, graph, referrers });
  }
  // Manifests come first, as whoever loads them reads them first.
  const order = ({ digest }: Sized) => manifests.has(digest) ? 0 : 1;
  const blobs = [...sizes].map(([digest, about]) => ({ digest, ...about, path: blobPath(digest) }))
    .sort((a, b) => order(a) - order(b));
  return { images, manifests, blobs };
}

/** The files by which other tools find what is `here`. */
function layoutOf(
  { images, manifests }: Gathered,
  here: ReadonlySet<string>,
  platform: string,
): Plan["files"] {
  const listed = images.flatMap(({ image: { name, digest }, referrers }) => [
    ...here.has(digest) ? [{ ...manifests.get(digest)!, name }] : [],
    ...referrers.filter((it) => here.has(it)).map((it) => ({ ...manifests.get(it)!, name: "" })),
  ]);
  const docker = images.flatMap(({ image: { name }, graph }) =>
    dockerImageOf(name, graph, here, platform) ?? []
  );
  return [
    fileOf(LAYOUT_FILE, LAYOUT),
    fileOf(INDEX_FILE, indexOf(listed)),
    ...docker.length > 0 ? [fileOf(DOCKER_FILE, dockerManifest(docker))] : [],
  ];
}

/** What Docker can load of an image: one platform whose content is `here`; artifacts are none. */
function dockerImageOf(
  name: string,
  { manifests }: Graph,
  here: ReadonlySet<string>,
  platform: string,
): DockerImage | undefined {
  const platforms = new Map(
    manifests.flatMap(({ references }) => references)
      .map(({ digest, platform }) => [digest, platform]),
  );
  const images = manifests.flatMap(({ digest, references }) => {
    const config = references.find(({ kind }) => kind === "config");
    const layers = references.filter(({ kind }) => kind === "layer").map(({ digest }) => digest);
    const runs = config && IMAGE_CONFIGS.includes(config.mediaType);
    const whole = runs && [config.digest, ...layers].every((it) => here.has(it));
    return whole ? [{ digest, image: { name, config: config.digest, layers } }] : [];
  });
  const own = images.find(({ digest }) => platforms.get(digest)?.startsWith(platform));
  return (own ?? images[0])?.image;
}

const IMAGE_CONFIGS: readonly string[] = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
];
