/** A registry with one small image by tag, which may move, and that remembers what it was asked for. */
import { digestOf } from "../../fake/content.ts";

export interface ImageRegistry extends AsyncDisposable {
  readonly url: string;
  /** `HEAD manifests/1`, `GET blobs/sha256:…`, in order. */
  readonly asked: string[];
  /** Refuses whoever shows no `Authorization` of these. */
  allowed: string[] | undefined;
  /** Closes every connection without an answer. */
  away: boolean;
  /** No HEAD is answered before this has resolved. */
  hold: Promise<void> | undefined;
  /** What manifests say of the quota, if anything. */
  remaining: number | undefined;
  /** The tag stands for another image from now on, which has `text` in it. Returns its digest. */
  move(text: string): string;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const encode = (text: string) => new TextEncoder().encode(text);

export function startImageRegistry(): ImageRegistry {
  const content = new Map<string, { bytes: Uint8Array<ArrayBuffer>; type: string }>();
  const asked: string[] = [];
  const state = {
    away: false,
    hold: undefined as Promise<void> | undefined,
    allowed: undefined as string[] | undefined,
    remaining: undefined as number | undefined,
  };
  let current = "";
  const add = (bytes: Uint8Array<ArrayBuffer>, type: string) => {
    const digest = digestOf(bytes);
    content.set(digest, { bytes, type });
    return { digest, size: bytes.length, mediaType: type };
  };
  const move = (text: string) => {
    const config = add(
      encode(`{"os":"linux","is":"${text}"}`),
      "application/vnd.oci.image.config.v1+json",
    );
    const layer = add(encode(`the layer of ${text}`), "application/vnd.oci.image.layer.v1.tar");
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] };
    return current = add(encode(JSON.stringify(manifest)), MANIFEST).digest;
  };
  move("one");
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (state.away) return new Response(null, { status: 503 });
    const shown = request.headers.get("authorization") ?? "";
    if (state.allowed && !state.allowed.includes(shown)) {
      const headers = { "www-authenticate": `Basic realm="images"` };
      return new Response(null, { status: 401, headers });
    }
    if (pathname === "/v2/") return new Response("{}");
    const [kind, reference] = pathname.split("/").slice(-2) as [string, string];
    asked.push(`${request.method} ${kind}/${reference}`);
    if (request.method === "HEAD") await state.hold;
    const digest = reference.includes(":") ? reference : current;
    const found = content.get(digest);
    if (!found) return new Response(null, { status: 404 });
    const headers = {
      "content-type": found.type,
      "content-length": String(found.bytes.length),
      "docker-content-digest": digest,
      ...(state.remaining !== undefined && kind === "manifests" && {
        "ratelimit-limit": "100;w=21600",
        "ratelimit-remaining": `${state.remaining};w=21600`,
      }),
    };
    return new Response(request.method === "HEAD" ? null : found.bytes, { headers });
  });
  return Object.assign(state, {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    move,
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}
