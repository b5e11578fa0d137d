/** Listening: addresses, TLS with certificates that change, and an orderly end. */
import { KeptServer } from "../../base/kept_server.ts";
import type { Caller } from "./caller.ts";
import { hasTarget, noTarget } from "./request_target.ts";

export interface ListenOptions {
  /** An empty host is every address, v4 and v6; port 0 any that is free. */
  address: { hostname: string; port: number };
  /** PEM; HTTP/2 is offered with it. */
  tls?: { cert: string; key: string } | undefined;
  handler(request: Request, caller: Direct): Response | Promise<Response>;
  /** Told in words while connections cannot be accepted, every ten seconds at most. */
  warn?(line: string): void;
}

/**
 * Bytes of a body that Deno's server may hold while it asks for the next chunk of it. It asks once
 * 16 KiB of the last one are left, and hands pieces of 64 KiB to hyper until that has 408 KiB which
 * are not written: 488 KiB, and 128 more to be sure. tests/proxy/http/listen_holds_test.ts fails
 * where that changes.
 */
export const HOLDS = 5 * 2 ** 17;

/** Who called this listener. What costs something is asked for only when it is used. */
class Direct implements Caller {
  readonly via = "direct";
  readonly holds = HOLDS;
  readonly #info: Deno.ServeHandlerInfo<Deno.NetAddr>;

  constructor(info: Deno.ServeHandlerInfo<Deno.NetAddr>) {
    this.#info = info;
  }

  get peer(): string {
    return this.#info.remoteAddr.hostname;
  }

  get completed(): Promise<void> {
    return this.#info.completed;
  }
}

export interface Listener {
  /** As bound: the port is known even where 0 was asked for. */
  address: { hostname: string; port: number };
  /**
   * Takes another certificate for new connections; running ones keep the old one. Throws where
   * it cannot be used, and the old one stays.
   */
  setCertificate(tls: { cert: string; key: string }): Promise<void>;
  /** Stops accepting, waits for running requests up to `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}

/** Listens. Throws {@linkcode ListenError} in words when the address cannot be had. */
export function listen(options: ListenOptions): Listener {
  const { hostname, port } = options.address;
  let server = start(hostname, port, options.tls);
  const address = { hostname: server.addr.hostname, port: server.addr.port };
  const draining = new Set<Promise<void>>();

  function start(host: string, at: number, tls: ListenOptions["tls"]) {
    try {
      return serve(host === "" ? "::" : host, at, tls);
    } catch (error) {
      // No IPv6 on this machine: every address is every IPv4 address.
      if (host === "" && !(error instanceof Deno.errors.AddrInUse)) {
        return serve("0.0.0.0", at, tls);
      }
      throw error;
    }
  }

  function serve(host: string, at: number, tls: ListenOptions["tls"]) {
    try {
      const open = (before?: Deno.NetAddr) =>
        Deno.serve(
          {
            hostname: host,
            port: before?.port ?? at,
            ...(tls ? { cert: tls.cert, key: tls.key } : {}),
            onListen: () => {},
            onError: () => new Response(null, { status: 500 }),
          },
          (request, info) =>
            hasTarget(request) ? options.handler(request, new Direct(info)) : noTarget(request),
        );
      return new KeptServer(open, (error) => options.warn?.(notAccepting(error)));
    } catch (error) {
      throw listenError(error, nameOf(options.address), tls !== undefined);
    }
  }

  async function stop(old: KeptServer<Deno.NetAddr>, graceMs: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([old.shutdown(), late]);
    clearTimeout(timer);
  }

  return {
    address,
    async setCertificate(tls) {
      // A certificate that cannot be used is found out before the old listener goes.
      await stop(serve("127.0.0.1", 0, tls), 0);
      const drained = stop(server, 60_000).finally(() => draining.delete(drained));
      draining.add(drained);
      server = await again(() => serve(address.hostname, address.port, tls));
    },
    async close(graceMs) {
      await Promise.all([stop(server, graceMs), ...draining]);
    },
  };
}

/** `:8080`, `127.0.0.1:8080`, `[::1]:8080` */
function nameOf({ hostname, port }: ListenOptions["address"]): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** The kernel may need a moment to give up the port of the listener before. */
async function again<T>(attempt: () => T): Promise<T> {
  for (let left = 100;; left--) {
    try {
      return attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function notAccepting(error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/^Error: /, "");
  return `connections cannot be accepted: ${reason}; trying again. Where files are too many, ` +
    "raise the limit (LimitNOFILE=, ulimit -n), or have a proxy in front that closes slow clients";
}

/** An address that cannot be listened on, in words that say what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** The {@linkcode ListenError} that stands for `error`, which listening on `address` threw. */
export function listenError(error: unknown, address: string, tls: boolean): ListenError {
  if (error instanceof Deno.errors.AddrInUse) {
    return new ListenError(`${address} is taken by another program; choose another listen address`);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new ListenError(
      `${address} needs more rights than this user has; use a port above 1023`,
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return new ListenError(`${address} is not an address of this machine`);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ListenError(`${tls ? "tls: " : ""}cannot listen on ${address}: ${reason}`);
}
