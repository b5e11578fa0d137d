/** Requests as they stand: `fetch` would put the target in order and choose the Host itself. */
import { request } from "node:http";

export interface RawRequest {
  method?: string;
  /** The Host header. */
  host: string;
  /** Path and query, sent without any change. */
  target: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
}

/** Sends `asked` to the server at `address` (`127.0.0.1:PORT`). */
export async function send(address: string, asked: RawRequest): Promise<Response> {
  const [hostname, port] = address.split(":");
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const sent = request({
    hostname,
    port: Number(port),
    method: asked.method ?? "GET",
    path: asked.target,
    headers: { host: asked.host, connection: "close", ...asked.headers },
  }, (answer) => {
    const chunks: Uint8Array[] = [];
    answer.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    answer.on("error", reject);
    answer.on("end", () => {
      const status = answer.statusCode ?? 0;
      const headers = new Headers();
      for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
      const body = status === 304 || asked.method === "HEAD"
        ? null
        : new Uint8Array(Buffer.concat(chunks));
      resolve(new Response(body, { status, headers }));
    });
  });
  sent.on("error", reject);
  sent.end(asked.body);
  return await promise;
}
