/**
 * Servers on loopback that end HTTP, and TLS where it is intercepted, for connections that came in at
 * the forward port: Deno's own server, which sends beside the JS thread.
 */
import { KeptServer } from "../../../base/kept_server.ts";
import { hasTarget, noTarget } from "../../http/request_target.ts";
import { serveHttp1 } from "./serve_http1.ts";

/** What its connections hold of a body: as much as those of a listener of ours. */
export { HOLDS } from "../../http/listen.ts";

/** Serves one request of a visitor, which is what was announced when its connection was made. */
export type Serve<Visitor> = (
  request: Request,
  visitor: Visitor,
  completed: Promise<void>,
) => Promise<Response>;

interface Certificate {
  cert: string;
  key: string;
}

export class InnerServer<Visitor> {
  /** By the port that their connection comes from. Any other did not come through the forward port. */
  readonly #visitors = new Map<number, Visitor>();
  readonly #server: KeptServer<Deno.NetAddr>;

  constructor(serve: Serve<Visitor>, tls?: Certificate) {
    const handler: Deno.ServeHandler<Deno.NetAddr> = (request, info) => {
      const visitor = this.#visitors.get(info.remoteAddr.port);
      if (visitor === undefined) return new Response(null, { status: 403 });
      return hasTarget(request) ? serve(request, visitor, info.completed) : noTarget(request);
    };
    const options = {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: () => new Response("internal error; see the log\n", { status: 500 }),
    };
    const open = () =>
      tls ? serveHttp1({ ...options, ...tls }, handler) : Deno.serve(options, handler);
    this.#server = new KeptServer(open);
  }

  /** The loopback port; nothing is served there to connections made elsewhere. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Opens a connection whose requests are `visitor`'s. `leave` it when the connection is over. */
  async connect(visitor: Visitor): Promise<{ connection: Deno.TcpConn; leave: () => void }> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    connection.setNoDelay();
    const { port } = connection.localAddr;
    this.#visitors.set(port, visitor);
    return { connection, leave: () => this.#visitors.delete(port) };
  }

  /** Stops listening; settles when the running requests have ended. */
  async close(): Promise<void> {
    await this.#server.shutdown();
  }
}
