/** Requests in plain HTTP on the forward port: for registries, for other hosts, and for ourselves. */
import type { Lookup } from "../../upstream/dial.ts";
import type { AllowList } from "../hosts/allow_list.ts";
import { type Endpoint, parseEndpoint } from "../hosts/endpoint.ts";
import { notAllowed, Refusal } from "../hosts/refusal.ts";
import { checkedAddresses } from "../tunnel/dial.ts";
import type { ForwardHandler } from "./handler.ts";
import { HOLDS, type Serve } from "./inner_server.ts";
import type { PassOn } from "./pass_on.ts";

/** A client that speaks HTTP with us: as with a proxy (absolute-form) or as with a server. */
export interface PlainVisitor {
  /** Its address. */
  client: string;
  form: "absolute" | "origin";
}

interface PlainOptions {
  handler: ForwardHandler;
  allowList(): AllowList;
  /** The user by `Proxy-Authorization`. Throws {@linkcode Refusal} for anybody who may not. */
  signIn(header: string | null, address: string): Promise<string>;
  /** Sends a request on to a host outside the map. */
  passOn: PassOn;
  /** The setup pages; `undefined` for what is not one of them. */
  pages(request: Request): Promise<Response | undefined>;
  /** The port that clients reach us at. */
  port: number;
  resolve: Lookup;
  refused(refusal: Refusal, client: string, endpoint: Endpoint | undefined): void;
  failed(error: unknown, client: string): void;
}

/** Serves what comes without CONNECT. */
export function plainServe(options: PlainOptions): Serve<PlainVisitor> {
  return async (request, visitor, completed) => {
    const { client } = visitor;
    const url = URL.parse(request.url);
    const endpoint = url ? parseEndpoint(url.host, defaultPort(url)) : undefined;
    try {
      if (!url) throw malformed("malformed request: its target or Host cannot be read");
      if (request.method === "CONNECT") throw malformed("CONNECT wants a connection of its own");
      if (visitor.form === "origin" || await isOurs(endpoint, options)) {
        return await serveOrigin(request, client, completed, endpoint, options);
      }
      if (!endpoint) throw malformed("malformed request: expected http://host[:port]/path");
      if (url.protocol !== "http:") throw malformed(`${url.protocol} hosts are reached by CONNECT`);
      return await serveAbsolute(request, client, completed, endpoint, options);
    } catch (error) {
      if (error instanceof Refusal) {
        options.refused(error, client, endpoint);
        return refusalResponse(error);
      }
      options.failed(error, client);
      return new Response("internal error; see the log\n", { status: 500 });
    }
  };
}

/** A request as to a server: for the setup pages, or for the registry as on the registry port. */
async function serveOrigin(
  request: Request,
  peer: string,
  completed: Promise<void>,
  endpoint: Endpoint | undefined,
  { handler, allowList, pages }: PlainOptions,
): Promise<Response> {
  // A registry's own host may be pointed here; then its pages are asked for, not ours.
  const isRegistry = endpoint !== undefined && allowList().registryAt(endpoint) !== undefined;
  const page = isRegistry ? undefined : await pages(request);
  return page ?? await handler(request, { peer, completed, via: "direct", holds: HOLDS });
}

/** A request as to a proxy: for a registry of the map, or for another host that is allowed. */
async function serveAbsolute(
  request: Request,
  peer: string,
  completed: Promise<void>,
  endpoint: Endpoint,
  { handler, allowList, signIn, passOn }: PlainOptions,
): Promise<Response> {
  const user = await signIn(request.headers.get("proxy-authorization"), peer);
  const registry = allowList().registryAt(endpoint);
  if (registry !== undefined) {
    return await handler(request, {
      peer,
      completed,
      via: "forward",
      holds: HOLDS,
      registry,
      user,
    });
  }
  const verdict = allowList().verdict(endpoint);
  if (!verdict.allowed) throw notAllowed(endpoint, verdict.reason);
  return await passOn(request, endpoint, verdict.reach);
}

/** Whether a client goes through the proxy to the proxy itself, for its CA or a setup script. */
async function isOurs(
  endpoint: Endpoint | undefined,
  { port, resolve }: PlainOptions,
): Promise<boolean> {
  if (endpoint?.port !== port) return false;
  try {
    await checkedAddresses(endpoint, "any", { resolve, ownPorts: () => [port] });
    return false;
  } catch (error) {
    return error instanceof Refusal && error.reason === "loop";
  }
}

function refusalResponse(refusal: Refusal): Response {
  return new Response(`${refusal.message}\n`, {
    status: refusal.status,
    headers: { ...refusal.headers, "content-type": "text/plain; charset=utf-8" },
  });
}

function defaultPort(url: URL): number {
  return url.protocol === "https:" ? 443 : 80;
}

function malformed(message: string): Refusal {
  return new Refusal("malformed", message);
}
