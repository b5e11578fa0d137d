/** Answers that were compressed on the way although `identity` was asked for (RFC 9110, 8.4.1). */
import type { Readable, Transform } from "node:stream";
import { byteStream } from "../http/byte_stream.ts";
import { codingsOf } from "../http/content_coding.ts";
import { UpstreamError } from "./errors.ts";

/** Loaded when it is needed, which is hardly ever. */
const loadZlib = () => import("node:zlib");
const loadStreams = () => import("node:stream");

type Zlib = Awaited<ReturnType<typeof loadZlib>>;

const DECODERS: Readonly<Record<string, (zlib: Zlib) => Transform>> = {
  gzip: (zlib) => zlib.createGunzip(),
  "x-gzip": (zlib) => zlib.createGunzip(),
  deflate: (zlib) => zlib.createInflate(),
  br: (zlib) => zlib.createBrotliDecompress(),
  zstd: (zlib) => zlib.createZstdDecompress(),
};

/**
 * `response` with its body decoded, and without the length, which was that of the coded bytes. A body
 * that is damaged in its coding fails with an {@linkcode UpstreamError}. Undefined where a coding is unknown.
 *
 * A part of coded bytes (206) cannot be decoded and comes back as it is.
 */
export async function decoded(
  response: Response,
  registry: string,
): Promise<Response | undefined> {
  const codings = codingsOf(response.headers);
  if (codings.length === 0 || response.status === 206) return response;
  if (!codings.every((coding) => Object.hasOwn(DECODERS, coding))) return undefined;
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  const { status, body } = response;
  return new Response(body && await decodedBody(body, codings, registry), { status, headers });
}

async function decodedBody(
  body: ReadableStream<Uint8Array>,
  codings: readonly string[],
  registry: string,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const [zlib, streams] = await Promise.all([loadZlib(), loadStreams()]);
  const source = streams.Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  const decoders = codings.toReversed().map((coding) => DECODERS[coding]!(zlib));
  // An error goes to the last decoder's reader; the others end with it.
  streams.pipeline([source, ...decoders], () => {});
  return byteStream(decoders.at(-1)!, (error) => {
    if (error instanceof UpstreamError) return error;
    return new UpstreamError("protocol", registry, {
      reason: "its answer is damaged in its Content-Encoding",
      cause: error,
    });
  });
}
