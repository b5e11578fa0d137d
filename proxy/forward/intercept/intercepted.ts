/** Requests of clients whose TLS was opened here: to the registry's handler, with their real sender. */
import { describeRequest, describeResponse } from "../../observe/redact.ts";
import type { Context, InterceptedVisitor } from "../context.ts";
import { formatEndpoint, parseEndpoint } from "../hosts/endpoint.ts";
import type { Serve } from "../http/inner_server.ts";

/** Serves an intercepted connection; what is asked of another host than CONNECT named is a 421. */
export function interceptServe(context: () => Context): Serve<InterceptedVisitor> {
  return async (request, visitor, completed) => {
    const { handler, emit, settings } = context();
    const { client: peer, registry, user, endpoint } = visitor;
    const { trace } = settings();
    const tell = (what: string) => {
      if (trace) emit({ kind: "trace", message: `${peer} ${formatEndpoint(endpoint)} ${what}` });
    };
    tell(`> ${describeRequest(request)}`);
    const asked = parseEndpoint(URL.parse(request.url)?.host ?? "", endpoint.port);
    const response = asked?.host === endpoint.host
      ? await handler(request, { peer, completed, via: "intercept", registry, user })
      : new Response(`this connection is for ${endpoint.host} alone\n`, { status: 421 });
    tell(`< ${describeResponse(response)}`);
    return response;
  };
}
