/** What a tag stands for right now, according to upstream. */
import type { Cache } from "../../cache/api.ts";
import type { TagKey, TagRow } from "../../cache/types.ts";
import { ask, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { OciError } from "../oci/errors.ts";
import { bareMediaType } from "../oci/manifest.ts";
import { MANIFEST_LIMIT } from "../../cache/manifest.ts";
import { parseDigest } from "../../cache/digest.ts";
import { repositoryKey } from "../names/target.ts";
import { readLimited } from "../http/body.ts";

export interface Checked {
  row: TagRow;
  /** False where the tag stands for the same digest as before, and that is here. */
  changed: boolean;
}

/**
 * Asks by HEAD, which Docker Hub does not count, and by GET only where a registry's HEAD leaves out
 * the digest or the size. Records the answer; a 404 removes the tag. Throws `OciError` for an answer
 * that is no success and `UpstreamError` where there was none.
 */
export async function checkTag(
  x: Exchange,
  cache: Cache,
  key: TagKey,
  accept: string,
  now: () => number,
): Promise<Checked> {
  const path = `manifests/${key.tag}`;
  const headers: HeadersInit = accept ? { accept } : {};
  const before = cache.tag(key)?.digest;
  const held = before !== undefined && cache.stat(before) !== undefined;
  // A client that can be given the old answer need not wait for three attempts at a new one.
  const response = await ask(x, { method: "HEAD", path, headers, ...(held ? { retries: 0 } : {}) });
  await response.body?.cancel();
  const row = response.ok ? rowOf(response, now()) : undefined;
  if (!response.ok && response.status !== 405) throw await gone(x, cache, key, response);
  const fresh = row ?? await fetchTag(x, cache, path, headers, now);
  cache.setTag(key, fresh);
  cache.link(repositoryKey(x.target), fresh.digest);
  return {
    row: fresh,
    changed: before !== fresh.digest || cache.stat(fresh.digest) === undefined,
  };
}

async function gone(x: Exchange, cache: Cache, key: TagKey, response: Response) {
  if (response.status === 404) cache.deleteTag(key.registry, key.repository, key.tag);
  return await refusal(x, response);
}

/** A HEAD's answer as a row; `undefined` where it does not say enough. */
function rowOf(response: Response, checkedAt: number): TagRow | undefined {
  const digest = response.headers.get("docker-content-digest");
  const length = response.headers.get("content-length");
  const mediaType = bareMediaType(response.headers.get("content-type"));
  if (!digest || !parseDigest(digest)) return undefined;
  if (length === null || !mediaType) return undefined;
  return { digest, mediaType, size: Number(length), checkedAt };
}

async function fetchTag(
  x: Exchange,
  cache: Cache,
  path: string,
  headers: HeadersInit,
  now: () => number,
): Promise<TagRow> {
  const response = await ask(x, { method: "GET", path, headers });
  if (!response.ok) throw await refusal(x, response);
  const mediaType = bareMediaType(response.headers.get("content-type"));
  const bytes = await readLimited(response, MANIFEST_LIMIT);
  if (!bytes) {
    throw new OciError("MANIFEST_INVALID", {
      status: 502,
      message: `the manifest from ${x.target.registry.name} is longer than ${MANIFEST_LIMIT} bytes`,
    });
  }
  if (!looksLikeManifest(bytes)) {
    throw new OciError("MANIFEST_INVALID", {
      status: 502,
      message: `${x.target.registry.name} answered with something that is not a manifest`,
    });
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const digest = `sha256:${hash.toHex()}`;
  await cache.put(digest, bytes, mediaType, repositoryKey(x.target));
  return { digest, mediaType, size: bytes.length, checkedAt: now() };
}

function looksLikeManifest(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    // ORAS' artifact manifests have a media type and no schema version.
    return typeof value === "object" && value !== null &&
      ("schemaVersion" in value || "mediaType" in value);
  } catch {
    return false;
  }
}
