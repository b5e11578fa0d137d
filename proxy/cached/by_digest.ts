/** Content by digest: from the cache where it is there, filled from upstream where it is not. */
import type { Cache } from "../../cache/api.ts";
import type { Look, Source } from "../../cache/types.ts";
import { ask, describe, type Exchange, refusal } from "../exchange.ts";
import type { ByteRange } from "../../base/byte_range.ts";
import { parseContentRange } from "../http/range.ts";
import { bareMediaType } from "../oci/manifest.ts";
import { OciError } from "../oci/errors.ts";
import { isOutage } from "../upstream/outage.ts";
import { repositoryKey } from "../names/target.ts";
import { headOf, notModified, respond } from "./respond.ts";

/** What is asked for, and where upstream has it. */
export interface Wanted {
  digest: string;
  /** What follows `/v2/<repository>/` upstream. */
  path: string;
  /** Accept header for upstream. */
  accept: string;
  range?: ByteRange | undefined;
}

/** `GET` or `HEAD` of what `wanted` names. */
export async function serveDigest(x: Exchange, cache: Cache, wanted: Wanted): Promise<Response> {
  const { digest, range } = wanted;
  const repository = repositoryKey(x.target);
  const head = x.request.method === "HEAD";
  let look = cache.look(digest, repository);
  if (needsProof(x, look, repository)) {
    await prove(x, cache, wanted);
    look = cache.look(digest, repository);
  }
  if (look.stat) {
    const unchanged = notModified(x, look.stat, "hit");
    if (unchanged) return unchanged;
    if (head) return headOf(x, look.stat, "hit");
    const content = await cache.open(look, range, { source: sourceOf(x, wanted), repository });
    if (content) return respond(x, content, "hit");
  }
  if (head) return await headUpstream(x, cache, wanted, x.request.signal);
  const content = await cache.fill(digest, sourceOf(x, wanted), {
    repository,
    range,
    label: describe(x),
  });
  return respond(x, content, content.how === "joined" ? "joined" : "miss");
}

/**
 * Bytes that are here, or on their way, are served only for a repository that is known to hold them:
 * whoever knows the digest of a private layer gets nothing by asking through a repository of his own.
 * Where clients sign in themselves, this one's credentials must have been good for the repository.
 */
function needsProof(x: Exchange, look: Look, repository: string): boolean {
  const here = look.stat !== undefined || look.filling !== undefined;
  return here && !(x.proof.holds() && isMember(look, repository));
}

/** Whether the repository is known to hold what is here, or it is on its way for it. */
function isMember({ stat, linked, filling }: Look, repository: string): boolean {
  if (stat) return linked;
  return filling === undefined || filling.has(repository);
}

/** Asks upstream, with the client's credentials where they count, whether the repository has it. */
async function prove(x: Exchange, cache: Cache, wanted: Wanted): Promise<void> {
  const repository = repositoryKey(x.target);
  const key = JSON.stringify([x.proof.id, repository, wanted.path, wanted.accept]);
  try {
    // Others may wait for the same answer: it does not end with this client.
    await x.proofs.once(key, () => headUpstream(x, cache, wanted));
  } catch (error) {
    const look = () => cache.look(wanted.digest, repository);
    const known = x.proof.holdsOffline() && isMember(look(), repository);
    if (!known || !isOutage(error)) throw error;
  }
}

async function headUpstream(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Response> {
  const response = await ask(x, {
    method: "HEAD",
    path: wanted.path,
    headers: wanted.accept ? { accept: wanted.accept } : {},
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await refusal(x, response);
  await response.body?.cancel();
  cache.link(repositoryKey(x.target), wanted.digest);
  const length = response.headers.get("content-length");
  return headOf(x, {
    digest: wanted.digest,
    mediaType: bareMediaType(response.headers.get("content-type")),
    size: length === null ? undefined : Number(length),
  }, "miss");
}

/** Upstream as a source of bytes from any offset on; each call is a request of its own. */
export function sourceOf(x: Exchange, wanted: Wanted): Source {
  return async (from, signal) => {
    const headers: Record<string, string> = wanted.accept ? { accept: wanted.accept } : {};
    if (from > 0) headers["range"] = `bytes=${from}-`;
    const response = await ask(x, { method: "GET", path: wanted.path, headers, signal });
    if (response.status !== 200 && response.status !== 206) throw await refusal(x, response);
    if (response.body === null) {
      throw new OciError("UNAVAILABLE", { status: 502, message: "upstream answered with nothing" });
    }
    const answer = extent(response, from);
    x.record.upstreamBytes += (answer.total ?? 0) - answer.offset;
    return {
      ...answer,
      mediaType: bareMediaType(response.headers.get("content-type")),
      body: response.body,
    };
  };
}

/** Which part of the whole `response` holds. A server may ignore Range and begin at the start. */
function extent(
  response: Response,
  from: number,
): { offset: number; total: number | undefined } {
  const length = response.headers.get("content-length");
  if (response.status === 200) {
    return { offset: 0, total: length === null ? undefined : Number(length) };
  }
  const range = parseContentRange(response.headers.get("content-range"));
  if (range?.start === from) return { offset: from, total: range.total };
  void response.body?.cancel();
  throw new OciError("UNAVAILABLE", {
    status: 502,
    message: "upstream answered with another range than it was asked for",
  });
}
