/** Paths of the distribution spec, parsed once into a checked value. */
import { parseDigest as digestParts } from "../../cache/digest.ts";
import { OciError } from "./errors.ts";

/** Repository names: distribution-spec, "Pulling manifests"; the whole is at most 255 characters. */
const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** A registry host as the first segment of a name: `quay.io`, `localhost:5000`. */
const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i;
const MAX_NAME = 255;

export interface Reference {
  kind: "tag" | "digest";
  value: string;
}

/** What a request is about. `name` may still begin with a registry's host (see `names/target.ts`). */
export type OciPath =
  | { kind: "ping" }
  | { kind: "catalog" }
  | { kind: "manifest"; name: string; reference: Reference }
  | { kind: "blob"; name: string; digest: string }
  | { kind: "tags"; name: string }
  | { kind: "referrers"; name: string; digest: string }
  | { kind: "upload"; name: string; id: string };

interface SplitPath {
  /** The segment before `/v2`, empty where there is none. */
  prefix: string;
  /** What comes after `/v2/`. */
  rest: string;
}

/**
 * Cuts `/v2/rest` and `/<prefix>/v2/rest` apart; `undefined` when the path is not the API's.
 * Only the first two segments are looked at: a repository may have a component called `v2`.
 */
export function splitPath(pathname: string): SplitPath | undefined {
  const match = /^(?:\/([^/]+))??\/v2(?:\/(.*))?$/s.exec(pathname);
  return match ? { prefix: match[1] ?? "", rest: match[2] ?? "" } : undefined;
}

/**
 * Parses what follows `/v2/`.
 * Throws `NAME_INVALID`, `TAG_INVALID` or `DIGEST_INVALID` (400), and `NAME_UNKNOWN` (404) for a
 * path that is none of the spec's endpoints.
 */
export function parsePath(rest: string): OciPath {
  if (rest === "") return { kind: "ping" };
  if (rest === "_catalog") return { kind: "catalog" };
  const upload = /^(.+)\/blobs\/uploads(?:\/([^/]*))?$/s.exec(rest);
  if (upload) {
    return { kind: "upload", name: checkName(upload[1]!), id: checkUploadId(upload[2] ?? "") };
  }
  const [, name, what, last] = /^(.+)\/(manifests|blobs|referrers|tags)\/([^/]*)$/s.exec(rest) ??
    [];
  if (name === undefined || (what === "tags" && last !== "list")) {
    throw new OciError("NAME_UNKNOWN", { message: "no such endpoint of the registry API" });
  }
  checkName(name);
  if (what === "tags") return { kind: "tags", name };
  if (what === "manifests") return { kind: "manifest", name, reference: parseReference(last!) };
  return { kind: what === "blobs" ? "blob" : "referrers", name, digest: parseDigest(last!) };
}

/** `text` as a tag or digest. Clients may escape the colon of a digest. */
export function parseReference(text: string): Reference {
  const value = text.replace(/%3a/i, ":");
  if (value.includes(":")) return { kind: "digest", value: parseDigest(value) };
  if (!TAG.test(value)) {
    throw new OciError("TAG_INVALID", {
      message: `invalid tag ${quote(value)}: expected up to 128 letters, digits, ".", "_" and "-"`,
    });
  }
  return { kind: "tag", value };
}

/** `text` as a digest; throws `DIGEST_INVALID`. */
export function parseDigest(text: string): string {
  const value = text.replace(/%3a/i, ":");
  if (!digestParts(value)) {
    throw new OciError("DIGEST_INVALID", {
      message: `invalid digest ${quote(value)}: expected sha256: and 64 hex digits, or sha512:`,
    });
  }
  return value;
}

/** True where `name` is a repository name of the spec. */
export function isRepository(name: string): boolean {
  return name.length <= MAX_NAME && NAME.test(name);
}

/** True where `segment` can only be meant as a host: Docker's rule for references. */
export function looksLikeHost(segment: string): boolean {
  return (segment.includes(".") || segment.includes(":") || segment === "localhost") &&
    HOST.test(segment);
}

/** Safe to show: printable, and not longer than a line. */
export function quote(text: string): string {
  // deno-lint-ignore no-control-regex
  const safe = text.replace(/[\x00-\x1f\x7f-\x9f"\\]/g, "?");
  return `"${safe.length > 80 ? `${safe.slice(0, 77)}…` : safe}"`;
}

function checkName(name: string): string {
  const slash = name.indexOf("/");
  const host = slash > 0 && looksLikeHost(name.slice(0, slash));
  if (!isRepository(host ? name.slice(slash + 1) : name)) {
    throw new OciError("NAME_INVALID", { message: `invalid repository name ${quote(name)}` });
  }
  return name;
}

/** Upload ids are upstream's own; what could leave the path segment is refused. */
function checkUploadId(id: string): string {
  if (/^[A-Za-z0-9._~=+-]{0,4096}$/.test(id) && !/^\.+$/.test(id)) return id;
  throw new OciError("BLOB_UPLOAD_INVALID", { message: "invalid upload id" });
}
