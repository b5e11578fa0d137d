/** A manifest by its tag, as upstream gives it to this client. */
import type { Cache } from "../../cache/api.ts";
import { computeDigest, parseDigest } from "../../cache/digest.ts";
import { MANIFEST_LIMIT, manifestType } from "../../cache/manifest.ts";
import type { SeenBy, TagKey, TagRow } from "../../cache/types.ts";
import { ask, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { readLimited } from "../http/body.ts";
import { calledAs, repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { bareMediaType, MANIFEST_TYPES } from "../oci/manifest.ts";
import { signedPayload } from "../oci/schema1.ts";

/** A manifest at hand, and what its tag stands for. */
export interface Fetched {
  row: TagRow;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Asks by GET, keeps what comes and records what the tag stands for. The digest is that of the bytes:
 * some registries convert a manifest for an older client and call it by the digest of what they made
 * it from. A 404 removes the tag.
 *
 * Throws `OciError` for an answer that is no manifest, and `UpstreamError` where there was none.
 *
 * @param retries as in `Question`
 */
export async function fetchTag(
  x: Exchange,
  cache: Cache,
  key: TagKey,
  { accept, now, retries }: { accept: string; now: () => number; retries?: number | undefined },
): Promise<Fetched> {
  const response = await ask(x, {
    method: "GET",
    path: `manifests/${key.tag}`,
    headers: accept ? { accept } : {},
    ...(retries === undefined ? {} : { retries }),
  });
  if (!response.ok) {
    if (response.status === 404) cache.deleteTag(key.registry, key.repository, key.tag);
    throw await refusal(x, response);
  }
  const said = response.headers.get("docker-content-digest");
  const label = bareMediaType(response.headers.get("content-type"));
  const bytes = await readManifest(x, response);
  const mediaType = manifestType(bytes, label);
  if (!mediaType) throw noManifest(x);
  x.proof.confirm();
  const digest = await digestOfManifest(bytes, mediaType, said ?? "");
  const repository = repositoryKey(x.target);
  // What is signed has the digest of something else than its bytes: no cache by digest can keep it.
  if (mediaType !== MANIFEST_TYPES.schema1Signed) {
    await cache.put(digest, bytes, mediaType, repository);
  }
  const row = { digest, mediaType, size: bytes.length, checkedAt: now(), by: seenBy(x) };
  cache.setTag(key, row);
  cache.link(repository, digest);
  return { row, bytes };
}

/** What the history of a tag says of a check on behalf of `x`. */
export function seenBy({ ahead }: Exchange): SeenBy {
  return ahead ? "prefetch" : "pull";
}

/** The digest of the manifest `bytes`, by the algorithm of the one that the registry has `said`. */
export async function digestOfManifest(
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: string,
  said: string,
): Promise<string> {
  const signed = mediaType === MANIFEST_TYPES.schema1Signed ? signedPayload(bytes) : undefined;
  const content = signed ?? bytes;
  const algorithm = parseDigest(said)?.algorithm ?? "sha256";
  const digest = await computeDigest(content, algorithm);
  return digest === said ? digest : await computeDigest(content);
}

/** The body of an answer that should hold a manifest. Throws a 502 where it is longer than any. */
export async function readManifest(
  x: Exchange,
  response: Response,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readLimited(response, MANIFEST_LIMIT);
  if (!bytes) throw tooLong(x);
  return bytes;
}

/** The 502 for what is longer than any manifest. */
export function tooLong({ target }: Exchange): OciError {
  return new OciError("MANIFEST_INVALID", {
    status: 502,
    message: `the manifest from ${calledAs(target)} is longer than ${MANIFEST_LIMIT} bytes`,
  });
}

/** The 502 for what is no manifest. */
export function noManifest({ target }: Exchange): OciError {
  return new OciError("MANIFEST_INVALID", {
    status: 502,
    message: `${calledAs(target)} answered with something that is not a manifest`,
  });
}
