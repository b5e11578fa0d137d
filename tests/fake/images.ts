/** Images put into a cache, for tests of what is listed and evicted. */
import type { Cache } from "../../cache/api.ts";
import { digestOf } from "../../cache/hash.ts";

const OCI = "application/vnd.oci.image";

/** Content and its digest. */
export interface Stored {
  digest: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** `text` as content; the same text is the same digest. */
export function contentOf(text: string): Stored {
  const bytes = new TextEncoder().encode(text);
  return { bytes, digest: digestOf(bytes) };
}

/**
 * Stores an image of `layers` as `registry/repository:tag` (no tag: by digest only); layers come as
 * octet streams, as registries send them. Returns the manifest's digest.
 */
export async function putImage(
  cache: Cache,
  name: string,
  layers: string[],
  checkedAt = 0,
): Promise<string> {
  const [repository = "", tag] = name.split(":");
  const config = contentOf(`{"layers":${JSON.stringify(layers)}}`);
  const blobs = layers.map(contentOf);
  for (const { digest, bytes } of [config, ...blobs]) {
    await cache.put(digest, bytes, "application/octet-stream", repository);
  }
  const manifest = contentOf(JSON.stringify({
    schemaVersion: 2,
    config: descriptor(`${OCI}.config.v1+json`, config),
    layers: blobs.map((layer) => descriptor(`${OCI}.layer.v1.tar+gzip`, layer)),
  }));
  await putManifest(cache, { repository, tag, checkedAt }, `${OCI}.manifest.v1+json`, manifest);
  return manifest.digest;
}

/** Stores an index of the manifests `children` (digest by platform); returns its digest. */
export async function putIndex(
  cache: Cache,
  name: string,
  children: Record<string, string>,
): Promise<string> {
  const [repository = "", tag] = name.split(":");
  const index = contentOf(JSON.stringify({
    schemaVersion: 2,
    manifests: Object.entries(children).map(([platform, digest]) => {
      const [os, architecture] = platform.split("/");
      return {
        mediaType: `${OCI}.manifest.v1+json`,
        digest,
        size: 1,
        platform: { os, architecture },
      };
    }),
  }));
  await putManifest(cache, { repository, tag, checkedAt: 0 }, `${OCI}.index.v1+json`, index);
  return index.digest;
}

async function putManifest(
  cache: Cache,
  at: { repository: string; tag: string | undefined; checkedAt: number },
  mediaType: string,
  { digest, bytes }: Stored,
): Promise<void> {
  await cache.put(digest, bytes, mediaType, at.repository);
  if (at.tag === undefined) return;
  const slash = at.repository.indexOf("/");
  cache.setTag({
    registry: at.repository.slice(0, slash),
    repository: at.repository.slice(slash + 1),
    tag: at.tag,
    accept: "*/*",
  }, { digest, mediaType, size: bytes.length, checkedAt: at.checkedAt });
}

function descriptor(mediaType: string, { digest, bytes }: Stored) {
  return { mediaType, digest, size: bytes.length };
}
