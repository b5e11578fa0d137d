/** Pushes, handed through as they come: uploads, mounts, manifests, deletions. Nothing is buffered. */
import { describe, type Exchange, type Question } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";
import { mapLocation, mapPath, withNamespace } from "./links.ts";
import { OciError } from "./oci/errors.ts";
import { type OciPath, parseDigest } from "./oci/path.ts";
import { passThrough } from "./passthrough.ts";
import { upstreamName } from "./route.ts";

type Upload = Extract<OciPath, { kind: "upload" }>;

export interface PushOptions {
  allowed: boolean;
  /** Signs upload addresses that do not have the spec's form; HMAC, of one process. */
  key: CryptoKey;
}

/** Throws 405 `UNSUPPORTED` where this proxy only reads, and for methods that the spec does not have. */
export function checkPush(options: PushOptions, method: string): void {
  if (options.allowed && ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"].includes(method)) return;
  if (options.allowed) {
    throw new OciError("UNSUPPORTED", { message: `${method} is not supported here` });
  }
  throw new OciError("UNSUPPORTED", {
    message: "this proxy is read-only; pushing needs allow_push: true in its configuration",
    headers: { allow: "GET, HEAD" },
  });
}

/** `PUT` or `DELETE` of a manifest, `DELETE` of a blob. */
export function change(x: Exchange, path: string): Promise<Response> {
  const actions = x.request.method === "DELETE" ? "delete" : "pull,push";
  const relocate = (location: string) => mapLocation(x.target, location);
  return passThrough(x, { path, actions, ...body(x) }, relocate);
}

/** `POST`, `PATCH`, `PUT`, `GET` and `DELETE` of `/v2/<name>/blobs/uploads/…` */
export async function upload(x: Exchange<Upload>, options: PushOptions): Promise<Response> {
  const { repository } = x.target;
  const query = new URLSearchParams(x.query);
  query.delete("ns");
  const scopes = [`repository:${repository}:pull,push`];
  const digest = query.get("digest");
  if (digest) query.set("digest", parseDigest(digest));
  const from = query.get("from");
  if (from) {
    const source = upstreamName(x.target.registry, from);
    x.access.require(x.target.registry, source, "pull");
    query.set("from", source);
    scopes.push(`repository:${source}:pull`);
  } else if (x.target.registry.auth.mode === "proxy") {
    // A registry may look for it wherever our credentials reach ("automatic content discovery").
    query.delete("mount");
  }
  return await passThrough(
    x,
    { ...await address(x, query, options.key), scopes, ...body(x) },
    (location) => mapUploadLocation(x, location, options.key),
  );
}

function body(x: Exchange): Pick<Question, "body" | "headers"> {
  return {
    headers: requestHeaders(x.request.headers),
    ...(x.request.body ? { body: x.request.body } : {}),
  };
}

/** Where at upstream the upload of `x` goes on: the spec's path, or the one sealed in its id. */
async function address(x: Exchange<Upload>, query: URLSearchParams, key: CryptoKey) {
  const { id } = x.path;
  if (!id.startsWith(SEALED)) return { path: `blobs/uploads/${id}`, query: query.toString() };
  const at = await unseal(id, x, key);
  const search = [at.search.slice(1), query.toString()].filter((part) => part !== "").join("&");
  return { path: at.pathname, query: search };
}

/**
 * `Location` of an upload as the client is to see it. Registries that answer with an address of their
 * own making (Artifact Registry: `/artifacts-uploads/…`) get it sealed into an upload id.
 * Throws 502 for an address at another origin: an upload goes to no host that nobody configured.
 */
export async function mapUploadLocation(
  x: Exchange,
  location: string,
  key: CryptoKey,
): Promise<string> {
  const { origin } = new URL(x.target.registry.url);
  const url = URL.parse(location, `${origin}/v2/`);
  if (!url || url.origin !== origin) {
    throw new OciError("UNAVAILABLE", {
      status: 502,
      message: `${x.target.registry.name} wants the upload of ${describe(x)} at another host`,
    });
  }
  const plain = mapPath(x.target, url.pathname);
  if (plain !== undefined) return plain + withNamespace(x.target, url.search);
  const { prefix, asked } = x.target;
  return withNamespace(
    x.target,
    `${prefix}/v2/${asked}/blobs/uploads/${await seal(url, x, key)}`,
  );
}

const SEALED = "berth~";

/** A key for `PushOptions`: uploads that go on at sealed addresses end with the process. */
export function uploadKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

/** What is signed: bound to the repository, so that no upload is continued through another one. */
function sealed(text: string, { target }: Exchange): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${target.registry.name}\n${target.repository}\n${text}`);
}

async function seal(url: URL, x: Exchange, key: CryptoKey): Promise<string> {
  const text = base64url(new TextEncoder().encode(url.pathname + url.search));
  const signature = await crypto.subtle.sign("HMAC", key, sealed(text, x));
  return `${SEALED}${text}~${base64url(new Uint8Array(signature))}`;
}

async function unseal(id: string, x: Exchange, key: CryptoKey): Promise<URL> {
  const [text = "", signature = ""] = id.slice(SEALED.length).split("~");
  try {
    const seen = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
    if (await crypto.subtle.verify("HMAC", key, seen, sealed(text, x))) {
      const path = new TextDecoder().decode(Uint8Array.fromBase64(text, { alphabet: "base64url" }));
      return new URL(path, x.target.registry.url);
    }
  } catch {
    // Not base64: as unknown as a wrong signature.
  }
  throw new OciError("BLOB_UPLOAD_UNKNOWN", {
    message: "this upload is not known here (any more); begin it again",
  });
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
