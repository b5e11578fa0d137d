/** What a tag stands for right now, according to upstream. */
import type { Cache } from "../../cache/api.ts";
import { parseDigest } from "../../cache/digest.ts";
import { isManifestType } from "../../cache/manifest.ts";
import type { TagKey, TagRow } from "../../cache/types.ts";
import { refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { bareMediaType } from "../oci/manifest.ts";
import { fetchTag, seenBy } from "./fetch_tag.ts";
import { sizeIn } from "./evidence.ts";
import { askByHead, isHint } from "./upstream_content.ts";

export interface Checked {
  row: TagRow;
  /** False where the tag stands for the same digest as before, and that is here. */
  changed: boolean;
  /** The type that upstream called it, where it was asked by HEAD; the row has what is known of it. */
  called?: string;
  /** The manifest, where upstream had to be asked for it by its tag. */
  bytes?: Uint8Array<ArrayBuffer>;
}

/**
 * Asks by HEAD, which Docker Hub does not count, and by GET where that leaves out the digest, the size
 * or the type, or is refused: a client's GET is refused by a GET alone. A client's own HEAD is refused
 * by a HEAD, but only a GET says that a tag is gone that was here before.
 *
 * Records the answer. Throws `OciError` for an answer that is no success and `UpstreamError` where
 * there was none.
 */
export async function checkTag(
  x: Exchange,
  cache: Cache,
  key: TagKey,
  accept: string,
  now: () => number,
): Promise<Checked> {
  const before = cache.tag(key)?.digest;
  const held = before !== undefined && cache.holds(before);
  const changed = ({ digest }: TagRow) => before !== digest || !cache.holds(digest);
  const response = await askByHead(x, {
    path: `manifests/${key.tag}`,
    headers: accept ? { accept } : {},
    // A client that can be given the old answer need not wait for three attempts at a new one.
    ...(held ? { retries: 0 } : {}),
  });
  const said = response?.ok ? rowOf(response, now()) : undefined;
  if (said) {
    const row = { ...said, ...known(cache, said.digest), by: seenBy(x) };
    cache.setTag(key, row);
    cache.link(repositoryKey(x.target), row.digest);
    return { row, changed: changed(row), called: said.mediaType };
  }
  if (response && !response.ok) {
    const { status } = response;
    const answers = x.request.method === "HEAD" && status !== 405;
    const gone = status === 404 && before !== undefined;
    if (!isHint(x, status) || (answers && !gone)) throw await refusal(x, response);
  }
  const retries = !response || response.status >= 500 || held ? 0 : undefined;
  const { row, bytes } = await fetchTag(x, cache, key, { accept, now, retries });
  return { row, changed: before !== row.digest || !held, bytes };
}

/** A HEAD's answer as a row; `undefined` where it does not say enough. */
function rowOf(response: Response, checkedAt: number): TagRow | undefined {
  const digest = response.headers.get("docker-content-digest");
  const mediaType = bareMediaType(response.headers.get("content-type")).toLowerCase();
  if (!digest || !parseDigest(digest) || !isManifestType(mediaType)) return undefined;
  const size = sizeIn(response);
  return size ? { digest, mediaType, size, checkedAt } : undefined;
}

/** What is here beats what a HEAD says of it; nothing where it is not. */
export function known(cache: Cache, digest: string): Partial<TagRow> {
  const stat = cache.stat(digest);
  return stat && isManifestType(stat.mediaType)
    ? { mediaType: stat.mediaType, size: stat.size }
    : {};
}
