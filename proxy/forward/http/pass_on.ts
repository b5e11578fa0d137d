/** Plain HTTP to hosts outside the map, as a proxy hands it on (RFC 9110, 7.6). */
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import ipaddr from "ipaddr.js";
import { Agent, ProxyAgent } from "undici";
import { checkedAddresses, type DialOptions } from "../tunnel/dial.ts";
import { type Endpoint, formatEndpoint, type Reach } from "../hosts/endpoint.ts";
import { Refusal } from "../hosts/refusal.ts";

export type PassOn = (
  request: Request,
  endpoint: Endpoint,
  reach: Reach,
) => Promise<Response>;

/** RFC 9110, 7.6.1, and what is said to a proxy alone. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const WITHOUT_BODY = new Set([204, 205, 304]);

export interface PassOnOptions {
  dialing: DialOptions;
  /** Our name in `Via`; a request that carries it already has come round in a circle. */
  name: string;
}

/** Sends requests on and streams the answers back; connections are kept. `close` ends those. */
export function createPassOn({ dialing, name }: PassOnOptions) {
  // The addresses of a name are checked again where it is dialled: the answer may have changed.
  const agents = new Map((["public", "private", "any"] as const).map((reach) => [
    reach,
    new Agent({
      connect: {
        timeout: dialing.timeout,
        lookup(host, _options, done) {
          checkedAddresses({ host, port: 0 }, reach, dialing).then(
            (list) => done(null, list.map((address) => ({ address, family: familyOf(address) }))),
            (error) => done(error, []),
          );
        },
      },
    }),
  ]));

  const parents = new Map<string, ProxyAgent>();
  const through = (parent: URL) => {
    const agent = parents.get(parent.href) ?? new ProxyAgent({ uri: parent.href });
    parents.set(parent.href, agent);
    return agent;
  };

  const passOn: PassOn = async (request, endpoint, reach) => {
    if (request.headers.get("via")?.includes(name)) {
      throw new Refusal("loop", `${formatEndpoint(endpoint)} leads back to this proxy`);
    }
    const parent = dialing.parent(endpoint);
    if (!parent || ipaddr.isValid(endpoint.host)) await checkedAddresses(endpoint, reach, dialing);
    const { pathname, search, origin } = new URL(request.url);
    const headers = forwarded(request.headers);
    headers["via"] = [request.headers.get("via"), `1.1 ${name}`].filter(Boolean).join(", ");
    try {
      const response = await (parent ? through(parent) : agents.get(reach)!).request({
        origin,
        path: pathname + search,
        method: request.method as "GET",
        headers,
        body: request.body ? Readable.fromWeb(request.body as NodeStream) : null,
      });
      const answer = new Headers();
      for (const [key, value] of Object.entries(response.headers)) {
        if (value === undefined || HOP_BY_HOP.has(key)) continue;
        for (const one of [value].flat()) answer.append(key, one);
      }
      answer.append("via", `1.1 ${name}`);
      const { statusCode: status, body } = response;
      if (WITHOUT_BODY.has(status) || request.method === "HEAD") {
        await body.dump();
        return new Response(null, { status, headers: answer });
      }
      return new Response(Readable.toWeb(body) as ReadableStream, { status, headers: answer });
    } catch (cause) {
      if (cause instanceof Refusal) throw cause;
      const message = `${formatEndpoint(endpoint)} cannot be reached`;
      throw new Refusal("unreachable", message, { cause });
    }
  };
  const close = async () => {
    const all = [...agents.values(), ...parents.values()];
    await Promise.all(all.map((agent) => agent.destroy()));
  };
  return { passOn, close };
}

/** The client's headers without those of its connection to us. */
function forwarded(from: Headers): Record<string, string> {
  const named = (from.get("connection") ?? "").toLowerCase().split(",").map((one) => one.trim());
  const headers: Record<string, string> = {};
  for (const [key, value] of from) {
    if (!HOP_BY_HOP.has(key) && !named.includes(key)) headers[key] = value;
  }
  return headers;
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}
