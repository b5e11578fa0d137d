/** `GET /v2/<name>/referrers/<digest>`: distribution spec, "Listing Referrers". */
import { type Json, parseObject } from "../../base/json.ts";
import { type Answer, uncached } from "../answer.ts";
import { ask, type Question, refusal } from "../ask.ts";
import type { Exchange, PathOf } from "../exchange.ts";
import { discard, readLimited } from "../http/body.ts";
import { upstreamQuery } from "../names/links.ts";
import { calledAs } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { checkPageSize, refuseLoop } from "./paging.ts";
import { clientHeaders } from "./pass.ts";
import { INDEX, indexOf, isManifest, isOfType, referrersTag } from "./referrers_index.ts";

/** Longest index that is taken for one, in bytes; twice what registries take as a manifest. */
const MAX_INDEX = 8 * 2 ** 20;

/** How registries say that they do not know the endpoint; 400 and 406 come from a few older ones. */
const NO_API = new Set([400, 404, 405, 406, 501]);

interface ReferrersOptions {
  /** Whether this client may push here. */
  pushes: boolean;
}

/**
 * What upstream lists, in its own bytes and pages. A registry without the endpoint, or that answers
 * with anything but an index (HTML, say), is asked for the tag that clients keep instead.
 *
 * A client that may push is told to do that itself, by a 404: one that found the endpoint here would
 * leave the tag as it is after a push, and what it pushed would be in no list. The 404 is never
 * `NAME_UNKNOWN`, which oras takes for a repository that is not there.
 */
export async function referrers(
  x: Exchange,
  { digest }: PathOf<"referrers">,
  { pushes }: ReferrersOptions,
): Promise<Answer> {
  checkPageSize(x.query);
  const query = upstreamQuery(x.request.url);
  const question = { ...indexAt(x, `referrers/${digest}`), query };
  const response = await ask(x, question);
  const further = isFurtherPage(x.query);
  if (response.status !== 200) {
    if (further || !NO_API.has(response.status)) throw await refusal(x, response);
    await discard(response);
  } else {
    const bytes = await readLimited(response, MAX_INDEX);
    if (bytes && indexOf(parseObject(bytes), response.headers.get("content-type"))) {
      const headers = clientHeaders(x, response, question);
      refuseLoop(x, headers.get("link"), question);
      return index(x, bytes, headers);
    }
    // Half of a list would be taken for the whole.
    if (further) throw noIndex(x, "the next page of a list of referrers");
  }
  if (pushes) throw noApi(x);
  return await byTag(x, digest);
}

/** Whether `query` is from a registry's `Link`, so that the list has begun. */
function isFurtherPage(query: URLSearchParams): boolean {
  return query.keys().some((name) => !["artifactType", "n", "ns"].includes(name));
}

/**
 * The index under the tag that clients keep where there is no endpoint; an empty one where there is
 * none (distribution spec, "Referrers Tag Schema"). What is no manifest at all says nothing of
 * referrers, and is a 502.
 */
async function byTag(x: Exchange, digest: string): Promise<Answer> {
  // With its actions named, a tag that is not there says nothing of what the client may have.
  const question = { ...indexAt(x, `manifests/${referrersTag(digest)}`), actions: "pull" };
  const response = await ask(x, question);
  const types = x.query.getAll("artifactType").filter((type) => type !== "");
  const headers = new Headers(types.length > 0 ? { "oci-filters-applied": "artifactType" } : {});
  if (response.status === 404) {
    await discard(response);
    return index(x, EMPTY, headers);
  }
  if (response.status >= 300 && response.status < 400) {
    await discard(response);
    throw noApi(x); // with `redirects: pass`, where only the client follows
  }
  if (response.status !== 200) throw await refusal(x, response);
  const bytes = await readLimited(response, MAX_INDEX);
  const found = parseObject(bytes);
  if (!bytes || !isManifest(found)) throw noIndex(x, "the tag that lists referrers");
  const listed = indexOf(found, response.headers.get("content-type"));
  // GitLab takes the tag for the digest that it is made of: its children are no referrers.
  if (!listed || await digestOf(bytes, digest) === digest) return index(x, EMPTY, headers);
  if (types.length === 0) return index(x, bytes, headers);
  const manifests = listed.filter((entry) => isOfType(entry, types));
  return index(x, encode({ ...found, manifests }), headers);
}

/** An index is asked for by GET, for a HEAD too: without its body there is no telling what it is. */
function indexAt(x: Exchange, path: string): Question & { path: string } {
  return { method: "GET", path, headers: { accept: INDEX }, signal: x.request.signal };
}

/** The media type is spelt as clients compare it, whatever upstream's parameters. */
function index(x: Exchange, bytes: Uint8Array<ArrayBuffer>, headers: Headers): Answer {
  headers.set("content-type", INDEX);
  headers.set("content-length", String(bytes.length));
  return uncached(new Response(x.request.method === "HEAD" ? null : bytes, { headers }));
}

const EMPTY = encode({ schemaVersion: 2, mediaType: INDEX, manifests: [] });

function encode(value: Json): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The digest of `bytes` by the algorithm of `other`. */
async function digestOf(bytes: Uint8Array<ArrayBuffer>, other: string): Promise<string> {
  const algorithm = other.slice(0, other.indexOf(":"));
  const hash = await crypto.subtle.digest(algorithm.replace("sha", "SHA-"), bytes);
  return `${algorithm}:${new Uint8Array(hash).toHex()}`;
}

function noApi(x: Exchange): OciError {
  return new OciError("UNSUPPORTED", {
    status: 404,
    message: `${calledAs(x.target)} has no referrers API; the referrers tag schema tells them`,
  });
}

function noIndex(x: Exchange, asked: string): OciError {
  return new OciError("UNAVAILABLE", {
    status: 502,
    message: `${calledAs(x.target)} was asked for ${asked} and answered with something else`,
  });
}
