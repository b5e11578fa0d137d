/** A throw-away registry on loopback that has what it is given, and can only be read. */
import type { DemoImage, Stored } from "./images.ts";

interface DemoRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/** Serves `images` at any free port until it is disposed of. */
export function serveImages(images: readonly DemoImage[]): DemoRegistry {
  const blobs = new Map<string, Stored>();
  const tags = new Map<string, Stored>();
  for (const { repository, tag, index, manifests, blobs: parts } of images) {
    tags.set(`${repository}:${tag}`, index);
    for (const stored of [index, ...manifests, ...parts]) blobs.set(stored.digest, stored);
  }
  const find = (path: string): Stored | undefined => {
    const [, name, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    if (!reference) return undefined;
    return blobs.get(reference) ??
      (kind === "manifests" ? tags.get(`${name}:${reference}`) : undefined);
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url, method, headers }) => {
      const { pathname } = new URL(url);
      if (pathname === "/v2/") return new Response("{}");
      const stored = find(pathname);
      return stored ? answer(stored, method, headers.get("range")) : notFound(pathname);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function answer(
  { digest, mediaType, bytes }: Stored,
  method: string,
  range: string | null,
): Response {
  const [, from] = /^bytes=(\d+)-$/.exec(range ?? "") ?? [];
  const start = Math.min(Number(from ?? 0), bytes.length);
  const body = bytes.subarray(start);
  return new Response(method === "HEAD" ? null : body, {
    status: from === undefined ? 200 : 206,
    headers: {
      "Content-Type": mediaType,
      "Content-Length": String(body.length),
      "Docker-Content-Digest": digest,
      ...from === undefined
        ? {}
        : { "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` },
    },
  });
}

function notFound(path: string): Response {
  const code = path.includes("/manifests/") ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
  return Response.json({ errors: [{ code, message: `${path} does not exist` }] }, { status: 404 });
}
