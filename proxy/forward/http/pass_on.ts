/** Plain HTTP to hosts outside the map, forwarded as RFC 9110, 7.6 has it. */
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import ipaddr from "ipaddr.js";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { checkedAddresses, type DialOptions } from "../tunnel/dial.ts";
import { type Endpoint, formatEndpoint, type Reach } from "../hosts/endpoint.ts";
import { Refusal } from "../hosts/refusal.ts";

export type PassOn = (
  request: Request,
  endpoint: Endpoint,
  reach: Reach,
) => Promise<Response>;

/** RFC 9110, 7.6.1, and what is meant for a proxy alone. */
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

interface PassOnOptions {
  dialing: DialOptions;
  /** Our name in `Via`; a request that carries it already has come in a loop. */
  name: string;
}

/** Sends requests on and streams the answers back over kept connections, which `close` ends. */
export function createPassOn({ dialing, name }: PassOnOptions) {
  const agents = new Map(
    (["public", "private", "any"] as const).map((reach) => [reach, checkingAgent(reach, dialing)]),
  );
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
      return await returned(response, request.method, name);
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

/** Connects to addresses within `reach` alone, checked when it dials: DNS may answer otherwise then. */
function checkingAgent(reach: Reach, dialing: DialOptions): Agent {
  return new Agent({
    connect: {
      timeout: dialing.timeout,
      lookup(host, _options, done) {
        checkedAddresses({ host, port: 0 }, reach, dialing).then(
          (list) => done(null, list.map((address) => ({ address, family: familyOf(address) }))),
          (error) => done(error, []),
        );
      },
    },
  });
}

/** The server's answer as the client gets it. */
async function returned(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  method: string,
  name: string,
): Promise<Response> {
  const answer = new Headers();
  for (const [key, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(key)) continue;
    for (const one of [value].flat()) answer.append(key, one);
  }
  answer.append("via", `1.1 ${name}`);
  if (WITHOUT_BODY.has(status) || method === "HEAD") {
    await body.dump();
    return new Response(null, { status, headers: answer });
  }
  return new Response(Readable.toWeb(body) as ReadableStream, { status, headers: answer });
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
