/** Pushes, handed through as they come: manifests and deletions here, uploads in upload.ts. */
import { type Answer, uncached } from "../answer.ts";
import type { Question } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { requestHeaders } from "../http/headers.ts";
import { mapLocation } from "../names/links.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { passThrough } from "./pass.ts";

export interface PushOptions {
  allowed: boolean;
  /** Seals upload addresses that do not have the spec's form. */
  key: CryptoKey;
  /** What is no longer true after a push is removed from it. */
  cache: Links | undefined;
}

/** What the cache knows of tags and of the content of repositories. */
interface Links {
  deleteTag(registry: string, repository: string, tag: string): void;
  unlink(repository: string, digest: string): void;
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

/** `PUT` or `DELETE` of a manifest, `DELETE` of a blob. Throws `UNSUPPORTED` for anything else. */
export async function change(x: Exchange, { cache }: PushOptions): Promise<Answer> {
  const { path, request: { method }, target: { registry, repository } } = x;
  if (path.kind === "manifest" && (method === "PUT" || method === "DELETE")) {
    const { kind, value } = path.reference;
    const answer = await passChange(x, `manifests/${value}`);
    if (kind === "tag") cache?.deleteTag(registry.name, repository, value);
    else if (method === "DELETE") cache?.unlink(repositoryKey(x.target), value);
    return answer;
  }
  if (path.kind === "blob" && method === "DELETE") {
    const answer = await passChange(x, `blobs/${path.digest}`);
    cache?.unlink(repositoryKey(x.target), path.digest);
    return answer;
  }
  throw new OciError("UNSUPPORTED", { message: `${method} is not supported here` });
}

async function passChange(x: Exchange, path: string): Promise<Answer> {
  const actions = x.request.method === "DELETE" ? "delete" : "pull,push";
  const relocate = (location: string) => mapLocation(x.target, location);
  return uncached(await passThrough(x, { path, actions, ...sentBody(x) }, relocate));
}

/** What the client sends, for upstream. */
export function sentBody(x: Exchange): Pick<Question, "body" | "headers"> {
  return {
    headers: requestHeaders(x.request.headers),
    ...(x.request.body ? { body: x.request.body } : {}),
  };
}
