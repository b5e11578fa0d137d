/** Where a registry redirects to for content: a bucket or a CDN, whose answers are no verdict of it. */
import { UpstreamError } from "./errors.ts";

const CONTENT = /^\/v2\/.+\/(blobs|manifests)\/[^/]+$/;

/**
 * Whether `url` is storage for the request of `path`: content was asked for, and the URL that was
 * redirected to is no registry's. registry.k8s.io redirects to other registries; what those say counts.
 */
export function isStorage(path: string, url: URL): boolean {
  return CONTENT.test(path) && !/\/v2\/.+\/(blobs|manifests)\/[^/]+$/.test(url.pathname);
}

/**
 * Whether a status says that the storage did not give the content: a signature that has expired, an
 * object not yet copied, a fault. 416 is about the range, and stands.
 */
export function refusedByStorage(status: number): boolean {
  return status >= 400 && status !== 416;
}

/** The failure of the storage at `url`, which may be signed: only its host is named. */
export function storageFailure(
  registry: string,
  { host }: URL,
  failure: number | UpstreamError,
): UpstreamError {
  return typeof failure === "number"
    ? new UpstreamError("storage", registry, {
      reason: `its storage at ${host} answered ${failure}`,
    })
    : new UpstreamError("storage", registry, {
      reason: `its storage at ${host}: ${failure.reason}`,
      retryAfter: failure.retryAfter,
      cause: failure,
    });
}
