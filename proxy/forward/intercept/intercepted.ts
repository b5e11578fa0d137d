/** Requests of clients whose TLS was opened here: to the registry's handler, with their real sender. */
import { describeRequest, describeResponse } from "../../observe/redact.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../hosts/endpoint.ts";
import type { ForwardHandler } from "../http/handler.ts";
import { HOLDS, type Serve } from "../http/inner_server.ts";

/** A client whose TLS is opened here, and the host that its CONNECT named. */
export interface InterceptedVisitor {
  client: string;
  user: string;
  registry: string;
  endpoint: Endpoint;
}

interface InterceptServeOptions {
  handler: ForwardHandler;
  /** Gets a line for each request and response, secrets redacted; `undefined` where none is wanted. */
  trace(): ((line: string) => void) | undefined;
}

/** Serves an intercepted connection; a request for another host than CONNECT named gets a 421. */
export function interceptServe(options: InterceptServeOptions): Serve<InterceptedVisitor> {
  return async (request, visitor, completed) => {
    const { client: peer, registry, user, endpoint } = visitor;
    const trace = options.trace();
    const prefix = `${peer} ${formatEndpoint(endpoint)}`;
    trace?.(`${prefix} > ${describeRequest(request)}`);
    const asked = parseEndpoint(URL.parse(request.url)?.host ?? "", endpoint.port);
    const response = asked?.host === endpoint.host
      ? await options.handler(request, {
        peer,
        completed,
        via: "intercept",
        holds: HOLDS,
        registry,
        user,
      })
      : new Response(`this connection is for ${endpoint.host} alone\n`, { status: 421 });
    trace?.(`${prefix} < ${describeResponse(response)}`);
    return response;
  };
}
