/** The forward proxy: one port for CONNECT, for requests in absolute-form, and for a mirror's. */
import { parseListen } from "../config/schema.ts";
import { listenError } from "../http/listen.ts";
import { LargeBuffers } from "./tunnel/buffers.ts";
import type { Clock } from "../../base/clock.ts";
import type {
  Context,
  ForwardHandler,
  ForwardSettings,
  InterceptedVisitor,
  Limits,
} from "./context.ts";
import { type Lookup, systemLookup } from "../upstream/dial.ts";
import { acceptAll } from "./accept.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import type { EventSink, ForwardEvent } from "./events.ts";
import { InnerServer } from "./http/inner_server.ts";
import { Interceptor } from "./intercept/intercept.ts";
import { interceptServe } from "./intercept/intercepted.ts";
import { createPassOn } from "./http/pass_on.ts";
import { plainServe } from "./http/plain.ts";
import { setupPages } from "./setup/setup.ts";
import { type RefusedHost, RefusedHosts, type Tunnel, Tunnels } from "./tunnel/tunnels.ts";

export interface ForwardOptions extends ForwardSettings {
  /** `:3128`, `127.0.0.1:3128` */
  listen: string;
  handler: ForwardHandler;
  /** Ports of this program's other listeners: a tunnel to one of them is a loop. */
  ownPorts(): number[];
  events: EventSink;
  clock: Clock;
  resolve?: Lookup;
  /** The proxy that this machine has to use for an endpoint; none when left out. */
  parent?(endpoint: Endpoint): URL | undefined;
  limits?: Partial<Limits>;
}

export interface ForwardProxy {
  /** As bound: the port is known even where 0 was asked for. */
  addr: { hostname: string; port: number };
  /** Stops accepting, waits up to `graceMs` for what runs, then breaks it off. */
  close(graceMs: number): Promise<void>;
  tunnels(): Tunnel[];
  refused(): RefusedHost[];
  /** Takes new settings for new connections; running ones go on as they began. */
  reconfigure(settings: ForwardSettings): void;
}

const LIMITS: Limits = {
  connections: 8192,
  headerTimeout: 10_000,
  handshakeTimeout: 10_000,
  dialTimeout: 10_000,
};

/** A tunnel in which nothing moved for this long is not worth waiting for at the end. */
const QUIET = 5000;

/** Starts the forward proxy. Throws `ListenError` when the address cannot be had. */
export function startForward(options: ForwardOptions): ForwardProxy {
  const { clock, events: emit } = options;
  const limits = { ...LIMITS, ...options.limits };
  const listener = listen(options.listen);
  const addr = { hostname: listener.addr.hostname, port: listener.addr.port };
  const over = new AbortController();
  const dialing = {
    clock,
    resolve: options.resolve ?? systemLookup,
    timeout: limits.dialTimeout,
    ownPorts: () => [addr.port, ...options.ownPorts()],
    parent: options.parent ?? (() => undefined),
    over: over.signal,
  };
  const passing = createPassOn({ dialing, name: `berth-${instance()}` });
  let settings: ForwardSettings = options;
  const current = () => context;
  const plain = plainServe(current, {
    passOn: passing.passOn,
    pages: (request) => setupPages(request, settings),
    port: () => addr.port,
  });
  const serveIntercepted = interceptServe(current);
  let interceptor = newInterceptor();
  const retired = new Set<Promise<void>>();
  const context: Context = {
    settings: () => settings,
    interceptor: () => interceptor,
    plain: new InnerServer(plain),
    handler: options.handler,
    emit,
    clock,
    buffers: new LargeBuffers(),
    limits,
    dialing,
    tunnels: new Tunnels(),
    refused: new RefusedHosts(),
  };

  function newInterceptor(): Interceptor<InterceptedVisitor> | undefined {
    const { authority } = settings;
    return authority && new Interceptor(authority, serveIntercepted, clock);
  }

  function retire(one: Interceptor<InterceptedVisitor>): void {
    const closed = one.close().finally(() => retired.delete(closed));
    retired.add(closed);
  }

  async function close(graceMs: number): Promise<void> {
    listener.close();
    if (interceptor) retire(interceptor);
    const ended = Promise.all([clients.done(), context.plain.close(), ...retired]);
    context.tunnels.stopQuiet(clock.now() - QUIET);
    const timer = new AbortController();
    await Promise.race([ended, clock.delay(graceMs, timer.signal).catch(() => {})]);
    timer.abort();
    over.abort();
    clients.hangUp();
    await Promise.all([ended, passing.close()]);
  }

  let closed: Promise<void> | undefined;
  for (const host of uncovered(settings)) emit(tunnelledInstead(host));
  const clients = acceptAll(listener, context);

  return {
    addr,
    tunnels: () => context.tunnels.list(),
    refused: () => context.refused.list(),
    reconfigure(next) {
      const before = uncovered(settings);
      const sameCa = next.authority?.fingerprint === settings.authority?.fingerprint;
      settings = next;
      context.refused.prune((endpoint) => next.allowList.verdict(endpoint).allowed);
      for (const host of uncovered(next).difference(before)) emit(tunnelledInstead(host));
      if (sameCa) return;
      if (interceptor) retire(interceptor);
      interceptor = newInterceptor();
    },
    close: (graceMs) => closed ??= close(graceMs),
  };
}

/** Hosts that are to be intercepted and that the CA may not sign for. */
function uncovered({ allowList, authority }: ForwardSettings): Set<string> {
  if (!authority) return new Set();
  return new Set(allowList.interceptedHosts.filter((host) => !authority.covers(host)));
}

function tunnelledInstead(host: string): ForwardEvent {
  return {
    kind: "warning",
    message:
      `${host} is tunnelled, not intercepted: the CA may not sign for it; it was made when ` +
      "this host was not among the registries. Remove the CA's directory to have a new one made, " +
      "then run the setup script on each client again",
  };
}

/** Listens at `address`; an empty host is every address, IPv4's alone where there is no IPv6. */
function listen(address: string): Deno.TcpListener {
  const { hostname, port } = parseListen(address)!;
  try {
    return Deno.listen({ hostname: hostname || "::", port });
  } catch (error) {
    if (hostname !== "" || error instanceof Deno.errors.AddrInUse) {
      throw listenError(error, address, false);
    }
    return Deno.listen({ hostname: "0.0.0.0", port });
  }
}

function instance(): string {
  return crypto.getRandomValues(new Uint8Array(6)).toHex();
}
