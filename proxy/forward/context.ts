/** What every connection of the forward proxy shares. */
import type { Authenticate } from "../access/users.ts";
import type { Config } from "../config/schema.ts";
import type { Admits } from "../http/networks.ts";
import type { Via } from "../http/caller.ts";
import type { AllowList } from "./hosts/allow_list.ts";
import type { LargeBuffers } from "./tunnel/buffers.ts";
import type { Authority } from "./intercept/ca.ts";
import type { Clock } from "../../base/clock.ts";
import type { DialOptions } from "./tunnel/dial.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import type { EventSink } from "./events.ts";
import type { InnerServer } from "./http/inner_server.ts";
import type { Interceptor } from "./intercept/intercept.ts";
import { Relay, type RelayEnd } from "./tunnel/relay.ts";
import type { Form } from "./wire/head.ts";
import type { RefusedHosts, Tunnel, Tunnels } from "./tunnel/tunnels.ts";

/** Who asks, for the registry's handler. */
export interface ForwardCaller {
  /** Address of the client, not of the loopback connection in between. */
  peer: string;
  /** Settles when the response has been sent; rejects when the client went away. */
  completed: Promise<void>;
  via: Via;
  /** The registry of the map that was called by its own name; the request needs no other routing. */
  registry?: string;
  /** Who signed in at the forward proxy; nobody is asked twice. */
  user?: string;
}

/** The registry API: the very same handler as on the registry port. */
export type ForwardHandler = (
  request: Request,
  caller: ForwardCaller,
) => Promise<Response> | Response;

/** What a new configuration may change while connections run. */
export interface ForwardSettings {
  allowList: AllowList;
  /** Needed where registries are intercepted. */
  authority: Authority | undefined;
  /** Who may use the proxy (`Proxy-Authorization: Basic`); `undefined`: everybody. */
  authenticate: Authenticate;
  /** From where it may be used. */
  admits: Admits;
  /** Milliseconds. */
  idleTimeout: Config["forward"]["idle_timeout"];
  /** Whether intercepted requests and responses are told in detail (`log.level: debug`). */
  trace: boolean;
}

/** Bounds that keep one client from using up what all share. Times in milliseconds. */
export interface Limits {
  connections: number;
  /** Until the head of the first request is here. */
  headerTimeout: number;
  /** Until an intercepted client has said hello in TLS. */
  handshakeTimeout: number;
  /** Until a connection to the host asked for is there. */
  dialTimeout: number;
}

/** A client whose TLS is opened here, and what it was promised to reach. */
export interface InterceptedVisitor {
  client: string;
  user: string;
  registry: string;
  endpoint: Endpoint;
}

/** A client that speaks HTTP with us: as with a proxy (absolute-form) or as with a server. */
export interface PlainVisitor {
  client: string;
  form: Exclude<Form, "connect">;
}

export interface Context {
  settings(): ForwardSettings;
  interceptor(): Interceptor<InterceptedVisitor> | undefined;
  plain: InnerServer<PlainVisitor>;
  handler: ForwardHandler;
  emit: EventSink;
  clock: Clock;
  buffers: LargeBuffers;
  limits: Limits;
  dialing: DialOptions;
  tunnels: Tunnels;
  refused: RefusedHosts;
}

/** Carries bytes between `client` and `server` until both are done. Listed where `about` is given. */
export async function carry(
  context: Context,
  client: Deno.Conn,
  server: Deno.Conn,
  head: Uint8Array,
  about?: Pick<Tunnel, "kind" | "host" | "port" | "client" | "user">,
): Promise<RelayEnd> {
  const { clock, buffers, tunnels, emit } = context;
  const { idleTimeout } = context.settings();
  const relay = new Relay(client, server, { clock, buffers, idleTimeout, head });
  const listed = about && tunnels.add({ ...about, since: clock.now() }, relay);
  if (listed) emit({ kind: "opened", tunnel: listed.tunnel });
  const end = await relay.run();
  if (listed) emit({ kind: "closed", tunnel: listed.end(), end });
  return end;
}
