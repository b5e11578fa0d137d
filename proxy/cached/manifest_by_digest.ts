/** Manifests by digest. What they are is read from them: as blobs they may have come under any name. */
import type { Cache } from "../../cache/api.ts";
import { isManifestType, MANIFEST_LIMIT, manifestType } from "../../cache/manifest.ts";
import type { Content, Look } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import { type Exchange, fullName } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { ANY_MANIFEST, bareMediaType, MANIFEST_TYPES } from "../oci/manifest.ts";
import type { CacheResult } from "../observe/record.ts";
import { digestOfManifest, readManifest, tooLong } from "./fetch_tag.ts";
import { provenLook, proveOnce } from "./proof_rule.ts";
import { headOf, notModified, respond } from "./respond.ts";
import { headUpstream, sourceOf, type Wanted } from "./upstream_content.ts";

/**
 * `GET` or `HEAD` of the manifest `digest`. Throws a 404 for content that is none, such as a layer or
 * a config.
 */
export function serveManifest(x: Exchange, cache: Cache, digest: string): Promise<Answer> {
  return cache.holding(digest, () => answerHeld(x, cache, digest));
}

async function answerHeld(x: Exchange, cache: Cache, digest: string): Promise<Answer> {
  const wanted = { digest, path: `manifests/${digest}`, accept: ANY_MANIFEST };
  const look = await provenLook(x, cache, wanted);
  if (look.stat) {
    const here = await fromHere(x, cache, wanted, look);
    if (here) return here;
  } else if (x.request.method === "HEAD" && !look.depot) {
    const known = await headUpstream(x, cache, wanted, x.request.signal);
    if (known?.size && isManifestType(known.mediaType)) return headOf(x, known, "miss");
  }
  try {
    const content = await cache.fill(digest, manifestSource(x, wanted), {
      repository: repositoryKey(x.target),
      label: fullName(x),
      prove: () => proveOnce(x, cache, wanted),
    });
    const result = content.how === "joined" ? "joined" : "miss";
    return await answerOf(x, content, result);
  } catch (error) {
    if (!(error instanceof SignedManifest)) throw error;
    const { bytes } = error;
    const place = { size: bytes.length, offset: 0, length: bytes.length };
    const mediaType = MANIFEST_TYPES.schema1Signed;
    return await answerOf(x, { digest, mediaType, ...place, body: bytes, how: "fill" }, "miss");
  }
}

/** From the cache; `undefined` where it turns out not to be here after all. */
async function fromHere(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  look: Look,
): Promise<Answer | undefined> {
  const stat = look.stat!;
  // What has only just arrived has not been looked into yet.
  const typed = look.stored && isManifestType(stat.mediaType);
  if (!typed && stat.size > MANIFEST_LIMIT) throw notOne(x);
  const unchanged = typed && notModified(x, stat, "hit");
  if (unchanged) return unchanged;
  if (typed && x.request.method === "HEAD") return headOf(x, stat, "hit");
  const repository = repositoryKey(x.target);
  const content = await cache.open(look, undefined, { source: sourceOf(x, wanted), repository });
  if (!content) return undefined;
  if (typed) return respond(x, content, "hit");
  const bytes = await wholeOf(x, content);
  const mediaType = manifestType(bytes, content.mediaType);
  // From now on the index knows it as what it is, and what it names.
  if (mediaType && mediaType !== stat.mediaType) await cache.put(wanted.digest, bytes, mediaType);
  return await answerOf(x, { ...content, body: bytes }, "hit");
}

/** `content` to a GET or a HEAD, as the manifest that it is. */
async function answerOf(x: Exchange, content: Content, result: CacheResult): Promise<Answer> {
  const bytes = await wholeOf(x, content);
  const mediaType = manifestType(bytes, content.mediaType);
  if (!mediaType) throw notOne(x);
  const known = { digest: content.digest, mediaType, size: bytes.length };
  const unchanged = result === "hit" && notModified(x, known, result);
  if (unchanged) return unchanged;
  if (x.request.method === "HEAD") return headOf(x, known, result);
  return respond(x, { ...content, ...known, length: bytes.length, body: bytes }, result);
}

async function wholeOf(
  x: Exchange,
  { body, size = 0 }: Content,
): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  if (size > MANIFEST_LIMIT) {
    await body.cancel();
    throw tooLong(x);
  }
  return await readManifest(x, new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>));
}

function notOne(x: Exchange): OciError {
  return new OciError("MANIFEST_UNKNOWN", {
    status: 404,
    message: `${fullName(x)} is content, but not a manifest`,
  });
}

/** A signed manifest by Docker's first schema: verified, but not by its bytes. */
class SignedManifest extends Error {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {
    super("a signed manifest cannot be kept by its digest");
  }
}

/** As {@linkcode sourceOf}; throws a {@linkcode SignedManifest} where it is one, and the right one. */
function manifestSource(x: Exchange, wanted: Wanted): ReturnType<typeof sourceOf> {
  const source = sourceOf(x, wanted);
  return async (...asked) => {
    const answer = await source(...asked);
    const type = MANIFEST_TYPES.schema1Signed;
    if (bareMediaType(answer.mediaType ?? null) !== type) return answer;
    const body = answer.body as ReadableStream<Uint8Array<ArrayBuffer>>;
    const bytes = await readManifest(x, new Response(body));
    if (await digestOfManifest(bytes, type, wanted.digest) === wanted.digest) {
      throw new SignedManifest(bytes);
    }
    return { ...answer, total: bytes.length, body: new Response(bytes).body! };
  };
}
