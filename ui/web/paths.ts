/** Paths of the pages that show one thing. */

/** Path of a registry's page. */
export const registryPath = (name: string): string => `/registries/${encodeURIComponent(name)}`;
/** Path of a digest's page; the colon stays readable. */
export const blobPath = (digest: string): string => `/cache/blobs/${digest}`;
/** Path of the past of a tag, `docker/library/alpine:3.20`. */
export const tagPath = (image: string): string => `/cache/tag?image=${encodeURIComponent(image)}`;
/** Path of a request's page. */
export const requestPath = (id: string): string => `/activity/${encodeURIComponent(id)}`;
/**
 * Path of a client's page: of an address, and of who signed in there. What has a dot at the end of a
 * path would be a file to the server.
 */
export const clientPath = (client: string, user: string): string =>
  `/activity/client?${new URLSearchParams({ address: client, ...user && { user } })}`;

/** Whether `path` can be percent-decoded; one that cannot is no page's. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
