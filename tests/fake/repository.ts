/** What the fake registry holds, and the answers that need nothing else. */
import { descriptor, digestOf, type FakeImage, OCI_INDEX, type Stored } from "./content.ts";
import { denied, json } from "./token.ts";
import type { Answer, Seen } from "./wire.ts";

export class Repository {
  readonly blobs = new Map<string, Uint8Array>();
  readonly manifests = new Map<string, Stored>();
  readonly tags = new Map<string, string>();
  readonly uploads = new Map<string, Uint8Array[]>();

  /** Puts a whole image, and points `tag` at it when given. */
  add(image: FakeImage, tag?: string): void {
    for (const blob of image.blobs) this.blobs.set(blob.digest, blob.bytes);
    for (const manifest of image.manifests) this.manifests.set(manifest.digest, manifest);
    if (tag !== undefined) this.tags.set(tag, image.root.digest);
  }

  manifest(reference: string): Stored | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }
}

/** A manifest by tag or digest, with the headers that registries send. */
export function manifestAnswer(repository: Repository, seen: Seen, reference: string): Answer {
  if (seen.method === "PUT") return putManifest(repository, seen, reference);
  const found = repository.manifest(reference);
  if (!found) return denied(404, "MANIFEST_UNKNOWN");
  if (seen.method === "DELETE") {
    if (!repository.tags.delete(reference)) repository.manifests.delete(reference);
    return { status: 202 };
  }
  const headers = {
    "content-type": found.mediaType,
    "docker-content-digest": found.digest,
    etag: `"${found.digest}"`,
  };
  if (seen.headers.get("if-none-match") === headers.etag) return { status: 304, headers };
  return { status: 200, headers, body: found.bytes };
}

function putManifest(repository: Repository, seen: Seen, reference: string): Answer {
  const digest = digestOf(seen.body);
  const mediaType = seen.headers.get("content-type") ?? "application/octet-stream";
  repository.manifests.set(digest, { digest, mediaType, bytes: seen.body });
  if (!reference.includes(":")) repository.tags.set(reference, digest);
  return { status: 201, headers: { location: seen.path, "docker-content-digest": digest } };
}

/** Bytes with single ranges, as a blob endpoint or a CDN serves them. */
export function rangeAnswer(
  bytes: Uint8Array,
  seen: Seen,
  ranges: boolean,
  headers: Record<string, string>,
): Answer {
  const all = { "content-type": "application/octet-stream", ...headers };
  if (!ranges) return { status: 200, headers: all, body: bytes };
  const accepted = { ...all, "accept-ranges": "bytes" };
  const match = /^bytes=(\d*)-(\d*)$/.exec(seen.headers.get("range") ?? "");
  if (!match) return { status: 200, headers: accepted, body: bytes };
  const suffix = match[1] === "";
  const start = suffix ? Math.max(0, bytes.length - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === ""
    ? bytes.length - 1
    : Math.min(Number(match[2]), bytes.length - 1);
  if (start > end) {
    return { status: 416, headers: { ...accepted, "content-range": `bytes */${bytes.length}` } };
  }
  return {
    status: 206,
    headers: { ...accepted, "content-range": `bytes ${start}-${end}/${bytes.length}` },
    body: bytes.subarray(start, end + 1),
  };
}

/** How a registry answers with lists. */
interface Paging {
  /** Scheme and host of links; empty for relative ones. */
  base: string;
  /** The most that it puts on a page, whatever `n` says. */
  pageSize: number;
}

/** `tags/list` and `_catalog` with `n`, `last` and the Link to the next page. */
export function listAnswer(
  seen: Seen,
  key: "tags" | "repositories",
  names: string[],
  extra: Record<string, string>,
  { base, pageSize }: Paging,
): Answer {
  const last = seen.query.get("last") ?? "";
  const rest = names.sort().filter((name) => name > last);
  const n = Math.min(Number(seen.query.get("n") ?? Infinity), pageSize);
  const page = rest.slice(0, n);
  const link = page.length < rest.length && page.length > 0
    ? { link: `<${base}${seen.path}?n=${n}&last=${encodeURIComponent(page.at(-1)!)}>; rel="next"` }
    : {};
  return json(200, { ...extra, [key]: page }, link);
}

/** The index of manifests whose `subject` is `digest`; pages are told apart by a token. */
export function referrersAnswer(
  repository: Repository,
  seen: Seen,
  digest: string,
  { base, pageSize }: Paging,
): Answer {
  const type = seen.query.get("artifactType");
  const all = referrersOf(repository, digest)
    .filter(({ artifactType }) => type === null || artifactType === type);
  const from = Number(atob(seen.query.get("next_page") ?? "") || 0);
  const manifests = all.slice(from, from + pageSize);
  const next = new URLSearchParams(seen.query);
  next.set("next_page", btoa(`${from + pageSize}`));
  return json(200, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, {
    "content-type": OCI_INDEX,
    ...(type !== null && { "oci-filters-applied": "artifactType" }),
    ...(from + pageSize < all.length && { link: `<${base}${seen.path}?${next}>; rel="next"` }),
  });
}

/** Descriptors of the manifests whose `subject` is `digest`, as the index that lists them has them. */
export function referrersOf(repository: Repository, digest: string) {
  return [...repository.manifests.values()].flatMap((manifest) => {
    const parsed = JSON.parse(new TextDecoder().decode(manifest.bytes));
    if (parsed.subject?.digest !== digest) return [];
    return [{ ...descriptor(manifest), artifactType: parsed.artifactType as unknown }];
  });
}

/** Uploads: POST (session, single, mount), PATCH, PUT, GET (progress), DELETE. */
export function uploadAnswer(
  repositories: Map<string, Repository>,
  name: string,
  seen: Seen,
  session: string,
  base: string,
): Answer {
  const repository = repositories.get(name)!;
  if (seen.method === "POST") return beginUpload(repositories, repository, name, seen, base);
  const parts = repository.uploads.get(session);
  if (!parts) return denied(404, "BLOB_UPLOAD_UNKNOWN");
  if (seen.method === "DELETE") {
    repository.uploads.delete(session);
    return { status: 204 };
  }
  if (seen.body.length > 0) parts.push(seen.body);
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (seen.method !== "PUT") {
    return {
      status: seen.method === "GET" ? 204 : 202,
      headers: {
        location: `${base}/v2/${name}/blobs/uploads/${session}?_state=opaque%3D`,
        range: `0-${Math.max(0, size - 1)}`,
        "docker-upload-uuid": session,
      },
    };
  }
  repository.uploads.delete(session);
  return storeBlob(
    repository,
    name,
    new Uint8Array(Buffer.concat(parts)),
    seen.query.get("digest"),
    base,
  );
}

function beginUpload(
  repositories: Map<string, Repository>,
  repository: Repository,
  name: string,
  seen: Seen,
  base: string,
): Answer {
  const mount = seen.query.get("mount");
  const from = repositories.get(seen.query.get("from") ?? "")?.blobs.get(mount ?? "");
  if (mount !== null && from) {
    repository.blobs.set(mount, from);
    return created(name, mount, base);
  }
  const digest = seen.query.get("digest");
  if (digest !== null) return storeBlob(repository, name, seen.body, digest, base);
  const session = crypto.randomUUID();
  repository.uploads.set(session, []);
  return {
    status: 202,
    headers: {
      location: `${base}/v2/${name}/blobs/uploads/${session}?_state=opaque%3D`,
      range: "0-0",
      "docker-upload-uuid": session,
      "oci-chunk-min-length": "1024",
    },
  };
}

function storeBlob(
  repository: Repository,
  name: string,
  bytes: Uint8Array,
  digest: string | null,
  base: string,
): Answer {
  const algorithm = digest?.startsWith("sha512:") ? "sha512" : "sha256";
  if (digest !== digestOf(bytes, algorithm)) return denied(400, "DIGEST_INVALID");
  repository.blobs.set(digest, bytes);
  return created(name, digest, base);
}

function created(name: string, digest: string, base: string): Answer {
  return {
    status: 201,
    headers: { location: `${base}/v2/${name}/blobs/${digest}`, "docker-content-digest": digest },
  };
}
