/** Pushes, handed through as they come: manifests and deletions here, uploads in upload.ts. */
import { type Answer, uncached } from "../answer.ts";
import type { Question } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { requestHeaders } from "../http/headers.ts";
import { mapLocation } from "../names/links.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { passThrough } from "./pass.ts";
import type { SealingKeys } from "../../base/seal.ts";

export interface PushOptions {
  allowed: boolean;
  /** Seals upload addresses that do not have the spec's form. */
  keys: SealingKeys;
  /** What is no longer true after a push is removed from it. */
  cache: Links | undefined;
  missing: MissingTags;
}

/** Tags that clients were told not to be there. */
interface MissingTags {
  forget(tag: { registry: string; repository: string; tag: string }): void;
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
export async function change(x: Exchange, options: PushOptions): Promise<Answer> {
  const { path, request: { method } } = x;
  if (path.kind === "manifest" && (method === "PUT" || method === "DELETE")) {
    return await passChange(x, `manifests/${path.reference.value}`, () => {
      const { kind, value } = path.reference;
      if (kind === "tag") forgetTag(x, value, options);
      else if (method === "DELETE") options.cache?.unlink(repositoryKey(x.target), value);
    });
  }
  if (path.kind === "blob" && method === "DELETE") {
    return await passChange(x, `blobs/${path.digest}`, () => {
      options.cache?.unlink(repositoryKey(x.target), path.digest);
    });
  }
  throw new OciError("UNSUPPORTED", { message: `${method} is not supported here` });
}

function forgetTag({ target }: Exchange, tag: string, { cache, missing }: PushOptions): void {
  const { registry: { name: registry }, repository } = target;
  cache?.deleteTag(registry, repository, tag);
  missing.forget({ registry, repository, tag });
}

/** `forget` is called when upstream says that things are not as they were. */
async function passChange(x: Exchange, path: string, forget: () => void): Promise<Answer> {
  const actions = x.request.method === "DELETE" ? "delete" : "pull,push";
  const relocate = (location: string) => mapLocation(x.target, location);
  try {
    const response = await passThrough(x, { path, actions, ...sentBody(x) }, relocate);
    forget();
    return uncached(response);
  } catch (error) {
    // It has been deleted already, past Berth or together with the index that named it.
    if (error instanceof OciError && error.status === 404) forget();
    throw error;
  }
}

/** What the client sends, for upstream. */
export function sentBody(x: Exchange): Pick<Question, "body" | "headers"> {
  return {
    headers: requestHeaders(x.request.headers),
    ...(x.request.body ? { body: x.request.body } : {}),
  };
}
