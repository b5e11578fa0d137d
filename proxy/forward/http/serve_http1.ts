/**
 * `Deno.serve` over TLS without HTTP/2, which costs nearly twice the CPU time a byte
 * (docs/architecture.md). It has no option for that (Deno 2.9); the function that it is made of
 * takes any listener. Where a Deno comes without that one, HTTP/2 is offered again.
 */

interface Options {
  hostname: string;
  port: number;
  /** PEM. */
  cert: string;
  key: string;
  onListen(): void;
  onError(error: unknown): Response;
}

type ServeOnListener = (
  listener: Deno.TlsListener,
  signal: AbortSignal | undefined,
  handler: Deno.ServeHandler<Deno.NetAddr>,
  onError: (error: unknown) => Response,
  onListen: () => void,
) => Deno.HttpServer<Deno.NetAddr>;

/** Serves over TLS; `http/1.1` is all that clients are offered. */
export function serveHttp1(
  options: Options,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  const { internal } = Deno as unknown as { internal: symbol };
  const internals = Deno as unknown as Record<symbol, { serveHttpOnListener?: ServeOnListener }>;
  const serveOn = internals[internal]?.serveHttpOnListener;
  if (!serveOn) return Deno.serve(options, handler);
  const { hostname, port, cert, key, onListen, onError } = options;
  const listener = Deno.listenTls({ hostname, port, cert, key, alpnProtocols: ["http/1.1"] });
  return serveOn(listener, undefined, handler, onError, onListen);
}
