/** A registry that gives blobs at a pace, and remembers which parts of them it was asked for. */
import type { FakeImage, Stored } from "../../fake/content.ts";

export interface SlowRegistry extends AsyncDisposable {
  readonly url: string;
  /** `GET 0`, `GET 1048576`, `HEAD 0`: method and first byte, in order. */
  readonly asked: string[];
  /** Bytes a second of each answer. */
  pace: number;
  /** Closes it for good, or refuses whoever shows no `Authorization` of these. */
  allowed: string[] | undefined;
}

const PIECE = 64 * 1024;

/**
 * Serves `blobs` by digest in every repository, and `images` by the name of their repository, whatever
 * the tag.
 */
export function startSlowRegistry(
  blobs: ReadonlyMap<string, Uint8Array>,
  images: ReadonlyMap<string, FakeImage> = new Map(),
): SlowRegistry {
  const asked: string[] = [];
  const state = { pace: Infinity, allowed: undefined as string[] | undefined };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const digest = pathname.split("/").at(-1)!;
    const bytes = blobs.get(digest);
    const shown = request.headers.get("authorization") ?? "";
    if (state.allowed && !state.allowed.includes(shown)) {
      const headers = { "www-authenticate": `Basic realm="slow"` };
      return new Response(null, { status: 401, headers });
    }
    if (pathname === "/v2/") return new Response("{}");
    const manifest = manifestAt(pathname, images);
    if (manifest) {
      const headers = {
        "content-type": manifest.mediaType,
        "docker-content-digest": manifest.digest,
        "content-length": String(manifest.bytes.length),
      };
      return new Response(request.method === "HEAD" ? null : manifest.bytes, { headers });
    }
    if (!bytes) return new Response(null, { status: 404 });
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    asked.push(`${request.method} ${from}`);
    const headers = new Headers({
      "content-length": String(bytes.length - from),
      "docker-content-digest": digest,
    });
    if (from > 0) {
      headers.set("content-range", `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
    }
    const body = request.method === "HEAD" ? null : paced(bytes.subarray(from), () => state.pace);
    return new Response(body, { status: from > 0 ? 206 : 200, headers });
  });
  return Object.assign(state, {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}

function manifestAt(
  pathname: string,
  images: ReadonlyMap<string, FakeImage>,
): Stored | undefined {
  const [, repository = "", reference] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
  const image = images.get(repository);
  return reference?.includes(":")
    ? image?.manifests.find(({ digest }) => digest === reference)
    : image?.root;
}

function paced(bytes: Uint8Array, pace: () => number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = bytes.slice(at, at + PIECE);
      at += piece.length;
      if (piece.length === 0) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, piece.length / pace() * 1000));
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
}
