/** The forward proxy: one port for CONNECT, for requests in absolute-form, and for a mirror's. */
import type { Clock } from "../../base/clock.ts";
import { type Lookup, systemLookup } from "../upstream/dial.ts";
import { acceptAll } from "./accept.ts";
import { type Context, type ForwardSettings, type Limits, noteRefusal } from "./context.ts";
import type { EventSink, ForwardEvent } from "./events.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import { type RefusedHost, RefusedHosts } from "./hosts/refused_hosts.ts";
import type { ForwardHandler } from "./http/handler.ts";
import { InnerServer } from "./http/inner_server.ts";
import { createPassOn } from "./http/pass_on.ts";
import { plainServe } from "./http/plain.ts";
import { interceptServe } from "./intercept/intercepted.ts";
import { Interception } from "./intercept/interception.ts";
import { listen } from "./listen.ts";
import { proxyUser } from "./proxy_user.ts";
import { setupPages } from "./setup/setup.ts";
import { LargeBuffers } from "./tunnel/buffers.ts";
import { type Tunnel, Tunnels } from "./tunnel/tunnels.ts";

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
  /** Stops accepting, waits up to `graceMs` for what runs, then closes it. */
  close(graceMs: number): Promise<void>;
  tunnels(): Tunnel[];
  refused(): RefusedHost[];
  /** Applies new settings to new connections; running ones keep theirs. */
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
  const listener = listen(options.listen);
  const { hostname, port } = listener.addr;
  const over = new AbortController();
  const { context, passing, interception, current } = assemble(options, port, over.signal);
  const { tunnels, refused, clock, plain, emit } = context;
  for (const host of uncovered(options)) emit(tunnelledInstead(host));
  const clients = acceptAll(listener, context);

  async function close(graceMs: number): Promise<void> {
    listener.close();
    const ended = Promise.all([clients.done(), plain.close(), interception.close()]);
    tunnels.stopQuiet(clock.now() - QUIET);
    const timer = new AbortController();
    await Promise.race([ended, clock.delay(graceMs, timer.signal).catch(() => {})]);
    timer.abort();
    over.abort();
    clients.hangUp();
    await Promise.all([ended, passing.close()]);
  }

  let closed: Promise<void> | undefined;
  return {
    addr: { hostname, port },
    tunnels: () => tunnels.list(),
    refused: () => refused.list(),
    reconfigure(next) {
      const before = uncovered(current.settings);
      current.settings = next;
      refused.prune((endpoint) => next.allowList.verdict(endpoint).allowed);
      for (const host of uncovered(next).difference(before)) emit(tunnelledInstead(host));
      interception.use(next.authority);
    },
    close: (graceMs) => closed ??= close(graceMs),
  };
}

/** What the connections of a proxy at `port` share, until `over` is aborted. */
function assemble(options: ForwardOptions, port: number, over: AbortSignal) {
  const { clock, events: emit, handler } = options;
  const limits = { ...LIMITS, ...options.limits };
  const current: { settings: ForwardSettings } = { settings: options };
  const dialing = {
    clock,
    resolve: options.resolve ?? systemLookup,
    timeout: limits.dialTimeout,
    ownPorts: () => [port, ...options.ownPorts()],
    parent: options.parent ?? (() => undefined),
    over,
  };
  const passing = createPassOn({ dialing, name: `berth-${instance()}` });
  const trace = (message: string) => emit({ kind: "trace", message });
  const serve = interceptServe({
    handler,
    trace: () => current.settings.trace ? trace : undefined,
  });
  const interception = new Interception(serve, clock);
  interception.use(options.authority);
  const refused = new RefusedHosts();
  const plain = plainServe({
    handler,
    allowList: () => current.settings.allowList,
    signIn: (header, address) => proxyUser(current.settings.authenticate, header, address),
    passOn: passing.passOn,
    pages: (request) => setupPages(request, current.settings),
    port,
    resolve: dialing.resolve,
    refused: (refusal, client, endpoint) =>
      noteRefusal({ refused, emit, clock }, refusal, client, endpoint),
    failed: (error, client) =>
      emit({ kind: "failed", message: `the forward proxy failed to serve ${client}`, error }),
  });
  const context: Context = {
    settings: () => current.settings,
    interceptor: () => interception.current,
    plain: new InnerServer(plain),
    emit,
    clock,
    buffers: new LargeBuffers(),
    limits,
    dialing,
    tunnels: new Tunnels(),
    refused,
  };
  return { context, passing, interception, current };
}

/** Hosts that should be intercepted but that the CA may not sign for. */
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

function instance(): string {
  return crypto.getRandomValues(new Uint8Array(6)).toHex();
}
