/** A bundle as what it brings, whichever tool has made it. */
import { parseDigest } from "../../cache/digest.ts";
import { digestOf } from "../../cache/hash.ts";
import type { Bundle, BundleImage } from "./bundle.ts";
import { bytesOf, type Contents, type Held, jsonOf } from "./contents.ts";
import { readDockerArchive } from "./docker_archive.ts";
import { blobPath, DOCKER_FILE, IMAGE_NAME, INDEX_FILE, LAYOUT_FILE, REF_NAME } from "./layout.ts";
import {
  type BundleManifest,
  CHECKSUM_FILE,
  MANIFEST_FILE,
  readManifest,
  SIGNATURE_FILE,
} from "./manifest.ts";
import { BundleProblem } from "./problem.ts";

/** Reads what `contents` says of itself. Throws {@linkcode BundleProblem}. */
export async function readBundle(contents: Contents): Promise<Bundle> {
  const { files, links } = contents;
  const own = await readManifest(contents);
  const docker = !own && !files.has(INDEX_FILE) && files.has(DOCKER_FILE);
  const [link] = links.keys();
  if (link !== undefined && !docker) throw new BundleProblem(`${link} is a link`);
  if (own) return await ofBerth(contents, own);
  if (docker) return { ...FOREIGN, ...await readDockerArchive(contents) };
  if (files.has(INDEX_FILE)) return await ofLayout(contents);
  throw new BundleProblem(
    "it is no bundle: expected one of Berth's, an OCI image layout, or an archive of docker save",
  );
}

const FOREIGN = {
  ...{ needs: new Map(), since: null },
  ...{ identity: undefined, created: undefined, signed: undefined },
} as const;

async function ofBerth(
  { files }: Contents,
  { manifest, bytes }: { manifest: BundleManifest; bytes: Uint8Array<ArrayBuffer> },
): Promise<Bundle> {
  const expected = new Set([MANIFEST_FILE, CHECKSUM_FILE, SIGNATURE_FILE]);
  for (const [path, digest] of Object.entries(manifest.files)) {
    const file = files.get(path);
    if (!file) throw new BundleProblem(`it is cut: ${path} is missing`);
    const actual = digestOf(await bytesOf(file, path));
    if (actual !== digest) {
      throw new BundleProblem(`${path} was altered: it is ${actual}, not ${digest}`);
    }
    expected.add(path);
  }
  const blobs = new Map<string, Held>();
  for (const { digest, size } of manifest.blobs) {
    const path = blobPath(digest);
    const file = files.get(path);
    if (!file) throw new BundleProblem(`it is cut: ${digest} is missing`);
    if (file.size !== size) {
      throw new BundleProblem(`${digest} was altered: it has ${file.size} bytes, not ${size}`);
    }
    blobs.set(digest, file);
    expected.add(path);
  }
  const odd = files.keys().find((path) => !expected.has(path));
  if (odd !== undefined) throw new BundleProblem(`${odd} does not belong to it`);
  const signature = files.get(SIGNATURE_FILE);
  return {
    images: manifest.images,
    blobs,
    needs: new Map(manifest.needs.map(({ digest, size }) => [digest, size])),
    since: manifest.since,
    identity: digestOf(bytes),
    created: manifest.created,
    signed: signature && {
      bytes,
      signature: new TextDecoder().decode(await bytesOf(signature, SIGNATURE_FILE)),
    },
  };
}

/** An OCI image layout, such as `skopeo copy oci-archive:` and later versions of `docker save` write. */
async function ofLayout({ files }: Contents): Promise<Bundle> {
  const layout = files.get(LAYOUT_FILE);
  if (!layout) throw new BundleProblem(`it is no OCI image layout: ${LAYOUT_FILE} is missing`);
  const { imageLayoutVersion: version } = Object(await jsonOf(layout, LAYOUT_FILE));
  if (!/^1\./.test(String(version))) {
    throw new BundleProblem(`it is an OCI image layout ${version}; expected 1.0.0`);
  }
  const { manifests } = Object(await jsonOf(files.get(INDEX_FILE)!, INDEX_FILE));
  const listed: unknown[] = Array.isArray(manifests) ? manifests : [];
  return { ...FOREIGN, images: listed.map(imageIn), blobs: blobsIn(files) };
}

function imageIn(entry: unknown): BundleImage {
  const { digest, annotations } = Object(entry);
  if (typeof digest !== "string" || !parseDigest(digest)) {
    throw new BundleProblem(`${INDEX_FILE} lists something without a digest`);
  }
  const said = Object(annotations);
  const names = [said[IMAGE_NAME], said[REF_NAME]].map((name) => String(name ?? ""));
  // A tag alone, as many tools write it, does not say of which repository.
  const name = names.find((name) => /[/:]/.test(name)) ?? "";
  return { name, registry: "", digest, referrers: [] };
}

const BLOB = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/;

function blobsIn(files: Contents["files"]): Map<string, Held> {
  const found = new Map<string, Held>();
  for (const [path, file] of files) {
    const [, algorithm, hex] = BLOB.exec(path) ?? [];
    const digest = `${algorithm}:${hex}`;
    if (parseDigest(digest)) found.set(digest, file);
  }
  return found;
}
