/** Requests in plain HTTP on the forward port: for registries, for other hosts, and for ourselves. */
import type { Context, PlainVisitor } from "../context.ts";
import { checkedAddresses } from "../tunnel/dial.ts";
import { type Endpoint, parseEndpoint } from "../hosts/endpoint.ts";
import type { Serve } from "./inner_server.ts";
import type { PassOn } from "./pass_on.ts";
import { proxyUser } from "../proxy_user.ts";
import { notAllowed, Refusal } from "../hosts/refusal.ts";

export interface PlainOptions {
  /** Sends a request on to a host outside the map. */
  passOn: PassOn;
  /** The setup pages; `undefined` for what is not one of them. */
  pages(request: Request): Promise<Response | undefined>;
  /** The port that clients reach us at. */
  port(): number;
}

/** Serves what comes without CONNECT. */
export function plainServe(context: () => Context, options: PlainOptions): Serve<PlainVisitor> {
  return async (request, visitor, completed) => {
    const { handler, emit, refused, clock } = context();
    const { client: peer } = visitor;
    const url = URL.parse(request.url);
    const endpoint = url ? parseEndpoint(url.host, defaultPort(url)) : undefined;
    const registry = endpoint && context().settings().allowList.registryAt(endpoint);
    try {
      if (!url) throw malformed("malformed request: its target or Host cannot be read");
      if (request.method === "CONNECT") throw malformed("CONNECT wants a connection of its own");
      if (visitor.form === "origin" || await isOurs(endpoint)) {
        // A registry's own host may be pointed here; then its pages are asked for, not ours.
        const page = registry === undefined ? await options.pages(request) : undefined;
        return page ?? await handler(request, { peer, completed, via: "direct" });
      }
      if (!endpoint) throw malformed("malformed request: expected http://host[:port]/path");
      if (url.protocol !== "http:") throw malformed(`${url.protocol} hosts are reached by CONNECT`);
      const user = await proxyUser(context(), request.headers.get("proxy-authorization"), peer);
      if (registry !== undefined) {
        return await handler(request, { peer, completed, via: "forward", registry, user });
      }
      const verdict = context().settings().allowList.verdict(endpoint);
      if (!verdict.allowed) throw notAllowed(endpoint, verdict.reason);
      return await options.passOn(request, endpoint, verdict.reach);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        emit({ kind: "failed", message: `the forward proxy failed to serve ${peer}`, error });
        return new Response("something went wrong here; see the log\n", { status: 500 });
      }
      if (endpoint) refused.add(endpoint, error, peer, clock.now());
      emit({ kind: "refused", client: peer, endpoint, refusal: error });
      return new Response(`${error.message}\n`, {
        status: error.status,
        headers: { ...error.headers, "content-type": "text/plain; charset=utf-8" },
      });
    }
  };

  /** A client that goes through the proxy to reach the proxy itself, for its CA or a setup script. */
  async function isOurs(endpoint: Endpoint | undefined): Promise<boolean> {
    if (endpoint?.port !== options.port()) return false;
    try {
      const { resolve } = context().dialing;
      await checkedAddresses(endpoint, "any", { resolve, ownPorts: () => [options.port()] });
      return false;
    } catch (error) {
      return error instanceof Refusal && error.reason === "loop";
    }
  }
}

function defaultPort(url: URL): number {
  return url.protocol === "https:" ? 443 : 80;
}

function malformed(message: string): Refusal {
  return new Refusal("malformed", message);
}
