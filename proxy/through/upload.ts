/** Uploads of blobs, handed through as they come. Nothing is buffered. */
import { type Answer, uncached } from "../answer.ts";
import { type Exchange, fullName, type PathOf } from "../exchange.ts";
import { mapPath, withNamespace } from "../names/links.ts";
import { calledAs, siblingName, type Target } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { parseDigest } from "../oci/path.ts";
import { passThrough } from "./pass.ts";
import { type PushOptions, sentBody } from "./push.ts";
import { isSealed, seal, type SealingKeys, unseal } from "../../base/seal.ts";

type Upload = PathOf<"upload">;

/** `POST`, `PATCH`, `PUT`, `GET` and `DELETE` of `/v2/<name>/blobs/uploads/…` */
export async function upload(
  x: Exchange,
  path: Upload,
  options: PushOptions,
): Promise<Answer> {
  const { repository } = x.target;
  const query = uploadQuery(x.query);
  const scopes = [`repository:${repository}:pull,push`];
  const digest = query.get("digest");
  if (digest) query.set("digest", parseDigest(digest));
  const from = query.get("from");
  const source = from ? siblingName(x.target, from) : undefined;
  if (source) {
    x.access.require(x.target.registry, source, "pull");
    query.set("from", source);
    scopes.push(`repository:${source}:pull`);
  } else if (from !== null || mayLookAround(x.target)) {
    // Nothing can be mounted from another registry: an upload begins instead (distribution-spec).
    query.delete("from");
    query.delete("mount");
  }
  const relocate = (location: string) => mapUploadLocation(x, location, options.keys);
  const address = await upstreamAddress(x, path, query, options.keys);
  return uncached(await passThrough(x, { ...address, scopes, ...sentBody(x) }, relocate));
}

/**
 * Whether a registry that is told no repository to mount from may find content that is not for the
 * client: it looks wherever credentials reach ("automatic content discovery"), ours or past a prefix.
 */
function mayLookAround({ registry }: Target): boolean {
  return registry.auth.mode === "proxy" || registry.repo_prefix !== "";
}

/** Without our own `ns`, and without the `FROM` that a registry might take for a `from` of ours. */
function uploadQuery(query: URLSearchParams): URLSearchParams {
  const ours = ["ns", "from", "mount"];
  return new URLSearchParams(
    [...query].filter(([name]) =>
      name !== "ns" && (ours.includes(name) || !ours.includes(name.toLowerCase()))
    ),
  );
}

/** Where at upstream the upload continues: at the spec's path, or the one sealed in its id. */
async function upstreamAddress(
  x: Exchange,
  { id }: Upload,
  query: URLSearchParams,
  keys: SealingKeys,
) {
  if (!isSealed(id)) return { path: `blobs/uploads/${id}`, query: query.toString() };
  const address = await unseal(id, contextOf(x), keys);
  if (address === undefined) {
    throw new OciError("BLOB_UPLOAD_UNKNOWN", {
      message: "this upload is not known here (any more); begin it again",
    });
  }
  const at = new URL(address, x.target.registry.url);
  const search = [at.search.slice(1), query.toString()].filter((part) => part !== "").join("&");
  return { path: at.pathname, query: search };
}

/**
 * `Location` of an upload as the client is to see it. Registries that answer with an address of their
 * own making (Artifact Registry: `/artifacts-uploads/…`) get it sealed into an upload id.
 * Throws 502 for an address at another origin: an upload goes to no host that nobody configured.
 */
async function mapUploadLocation(
  x: Exchange,
  location: string,
  keys: SealingKeys,
): Promise<string> {
  const { origin } = new URL(x.target.registry.url);
  const url = URL.parse(location, `${origin}/v2/`);
  if (!url || url.origin !== origin) {
    throw new OciError("UNAVAILABLE", {
      status: 502,
      message: `${calledAs(x.target)} wants the upload of ${fullName(x)} at another host`,
    });
  }
  const plain = mapPath(x.target, url.pathname);
  if (plain !== undefined) return plain + withNamespace(x.target, url.search);
  const { prefix, asked } = x.target;
  const address = url.pathname + url.search;
  return withNamespace(
    x.target,
    `${prefix}/v2/${asked}/blobs/uploads/${await seal(address, contextOf(x), keys)}`,
  );
}

/** Binds a sealed address to the repository: no upload is continued through another one. */
function contextOf({ target }: Exchange): string {
  return `${target.registry.name}\n${target.repository}`;
}
