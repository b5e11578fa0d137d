/** The files of an OCI image layout (image-layout.md), and the one by which `docker load` reads it. */
import { LINKING_TYPES } from "../../cache/manifest.ts";

export const LAYOUT_FILE = "oci-layout";
export const INDEX_FILE = "index.json";
/** Docker's, in archives of `docker save`. */
export const DOCKER_FILE = "manifest.json";

/** What containerd and Docker call an image by. */
export const IMAGE_NAME = "io.containerd.image.name";
/** What OCI's tools call it by. */
export const REF_NAME = "org.opencontainers.image.ref.name";

export const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** Where the blob `digest` lies. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** An image or what refers to one, which has no name. */
export interface Listed {
  name: string;
  mediaType: string;
  digest: string;
  size: number;
}

/** `index.json`: every tool finds the images by their full names. */
export function indexOf(listed: readonly Listed[]): string {
  const manifests = listed.map(({ name, mediaType, digest, size }) => ({
    ...{ mediaType, digest, size },
    ...name && { annotations: { [REF_NAME]: name, [IMAGE_NAME]: name } },
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: LINKING_TYPES.ociIndex, manifests });
}

/** One platform's image, as Docker is to load it. */
export interface DockerImage {
  name: string;
  config: string;
  layers: readonly string[];
}

/** `manifest.json`, by which a Docker without containerd's image store loads images. */
export function dockerManifest(images: readonly DockerImage[]): string {
  return JSON.stringify(images.map(({ name, config, layers }) => ({
    Config: blobPath(config),
    RepoTags: name.includes("@") ? [] : [name],
    Layers: layers.map(blobPath),
  })));
}
