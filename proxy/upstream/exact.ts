/**
 * HTTP by undici: calls the address it is told to, accepts any certificate where it should, sends a
 * request exactly once. About half as fast as `fetch` on HTTPS (0.4 GB/s a core).
 */
import { isIP } from "node:net";
import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import { Agent, buildConnector, type Dispatcher, ProxyAgent, request } from "undici";
import type { Lookup } from "./dial.ts";

export interface ExactOptions {
  /** Milliseconds for one connection attempt. */
  connectTimeout: number;
  /** PEM of authorities to trust beside the built-in ones. */
  ca: string | undefined;
  insecureTls: boolean;
  /** Addresses are tried in the order given, until one connects. */
  lookup: Lookup;
}

export interface ExactRequest {
  method: string;
  url: URL;
  headers: Headers;
  body?: ReadableStream<Uint8Array> | Uint8Array | undefined;
  signal: AbortSignal;
}

type Connected = Parameters<buildConnector.Callback>;

/** A pool of connections, direct or through `proxy`; close it when done. */
export function exactDispatcher(proxy: string | undefined, options: ExactOptions): Dispatcher {
  const tls = {
    rejectUnauthorized: !options.insecureTls,
    ...(options.ca !== undefined && { ca: [...rootCertificates, options.ca] }),
  };
  if (proxy !== undefined) return new ProxyAgent({ uri: proxy, requestTls: tls });
  const connect = buildConnector({ ...tls, timeout: options.connectTimeout, allowH2: false });
  return new Agent({ connect: oneOfSeveral(connect, options.lookup) });
}

/** A connector that goes through the addresses of a name, so that a dead IPv6 falls back to IPv4. */
function oneOfSeveral(
  connect: buildConnector.connector,
  lookup: Lookup,
): buildConnector.connector {
  async function tryAll(options: buildConnector.Options): Promise<Connected> {
    let result: Connected = [new Error("no addresses"), null];
    for (const hostname of await lookup(options.hostname)) {
      // Only the address is ours to choose: the certificate is still held against the name.
      const servername = isIP(options.hostname) ? {} : { servername: options.hostname };
      result = await new Promise<Connected>((resolve) =>
        connect({ ...options, ...servername, hostname }, (...args) => resolve(args))
      );
      if (result[1]) break;
    }
    return result;
  }
  return (options, callback) => {
    tryAll(options).then((result) => callback(...result), (error) => callback(error, null));
  };
}

/** One request, no redirects, the body as it came: nothing is decompressed. */
export async function exactFetch(
  dispatcher: Dispatcher,
  { method, url, headers, body, signal }: ExactRequest,
): Promise<Response> {
  const answer = await request(url, {
    dispatcher,
    method: method as Dispatcher.HttpMethod,
    headers: Object.fromEntries(headers),
    body: body instanceof ReadableStream ? Readable.from(body) : body ?? null,
    signal,
    headersTimeout: 0, // the caller's signal is the clock
    bodyTimeout: 0,
  });
  const received = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of [value ?? []].flat()) received.append(name, one);
  }
  const bodiless = method === "HEAD" || [204, 205, 304].includes(answer.statusCode);
  if (bodiless) await answer.body.dump();
  return new Response(bodiless ? null : byteStream(answer.body), {
    status: answer.statusCode,
    headers: received,
  });
}

/** A Node stream as a byte stream. Chunks are copied, since Node's may share one slab. */
function byteStream(body: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  body.on("error", () => {}); // also told to whoever reads; untold, it would end the process
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (!done) return controller.enqueue(new Uint8Array(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel() {
      body.destroy();
    },
  }, { highWaterMark: 0 });
}
