/** What every connection of the forward proxy shares. */
import type { Clock } from "../../base/clock.ts";
import type { Authenticate } from "../access/users.ts";
import type { Config } from "../config/schema.ts";
import type { Admits } from "../http/networks.ts";
import type { EventSink } from "./events.ts";
import type { AllowList } from "./hosts/allow_list.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import type { Refusal } from "./hosts/refusal.ts";
import type { RefusedHosts } from "./hosts/refused_hosts.ts";
import type { InnerServer } from "./http/inner_server.ts";
import type { PlainVisitor } from "./http/plain.ts";
import type { Authority } from "./intercept/ca.ts";
import type { Interceptor } from "./intercept/intercept.ts";
import type { InterceptedVisitor } from "./intercept/intercepted.ts";
import type { LargeBuffers } from "./tunnel/buffers.ts";
import type { DialOptions } from "./tunnel/dial.ts";
import type { Tunnels } from "./tunnel/tunnels.ts";

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
  /** Whether intercepted requests and responses are logged in detail (`log.level: debug`). */
  trace: boolean;
}

/** Limits that keep one client from using up what all share. Times in milliseconds. */
export interface Limits {
  connections: number;
  /** Until the head of the first request is here. */
  headerTimeout: number;
  /** Until an intercepted client has sent its ClientHello. */
  handshakeTimeout: number;
  /** Until the connection to the host asked for is established. */
  dialTimeout: number;
}

export interface Context {
  settings(): ForwardSettings;
  interceptor(): Interceptor<InterceptedVisitor> | undefined;
  plain: InnerServer<PlainVisitor>;
  emit: EventSink;
  clock: Clock;
  buffers: LargeBuffers;
  limits: Limits;
  dialing: DialOptions;
  tunnels: Tunnels;
  refused: RefusedHosts;
}

/** Lists and reports a refusal; `client` is an address, `endpoint` the host asked for, if known. */
export function noteRefusal(
  { refused, emit, clock }: Pick<Context, "refused" | "emit" | "clock">,
  refusal: Refusal,
  client: string,
  endpoint: Endpoint | undefined,
): void {
  if (endpoint) refused.add(endpoint, refusal, client, clock.now());
  emit({ kind: "refused", client, endpoint, refusal });
}
