/** What belongs to an image, as far as a bundle or a cache holds it. */
import { manifestType, type Reference, referencesOf } from "../../cache/manifest.ts";
import { isElsewhere } from "../../proxy/ahead/choose.ts";
import { BundleProblem } from "./problem.ts";

export interface GraphMeans {
  has(digest: string): boolean;
  /** A manifest that {@linkcode GraphMeans.has} it. */
  manifest(digest: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** A manifest or an index, with what it names. */
export interface Node {
  digest: string;
  size: number;
  mediaType: string;
  references: readonly Reference[];
}

export interface Graph {
  /** Manifests and indexes, the root first. */
  manifests: readonly Node[];
  /** Configs and layers. */
  blobs: readonly string[];
}

/**
 * Everything that `name`, whose manifest is `root`, consists of. An index may lack platforms, but not
 * all of them; an image is whole but for layers that registries need not have. Throws
 * {@linkcode BundleProblem}.
 */
export async function graphOf(name: string, root: string, means: GraphMeans): Promise<Graph> {
  const manifests = new Map<string, Node>();
  const blobs = new Set<string>();
  const lacks = (digest: string) => new BundleProblem(`${name} is not whole: ${digest} is missing`);
  if (!means.has(root)) throw lacks(root);
  const visit = async (digest: string): Promise<void> => {
    if (manifests.has(digest)) return;
    const bytes = await means.manifest(digest);
    const mediaType = manifestType(bytes);
    if (mediaType === "") throw new BundleProblem(`${digest} of ${name} is no manifest`);
    const references = referencesOf(bytes);
    manifests.set(digest, { digest, size: bytes.length, mediaType, references });
    const children = references.filter(({ kind }) => kind === "manifest");
    const there = children.filter((child) => means.has(child.digest));
    if (children.length > 0 && there.length === 0) throw lacks(children[0]!.digest);
    for (const child of there) await visit(child.digest);
    for (const { kind, mediaType, digest } of references) {
      if (kind !== "config" && kind !== "layer") continue;
      if (means.has(digest)) blobs.add(digest);
      else if (!isElsewhere(mediaType)) throw lacks(digest);
    }
  };
  await visit(root);
  return { manifests: [...manifests.values()], blobs: [...blobs] };
}
