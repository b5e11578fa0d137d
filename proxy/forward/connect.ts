/** CONNECT: a tunnel to an allowed host, or the registry's own handler behind TLS that ends here. */
import { parseClientHello, UNRECOGNIZED_NAME } from "./intercept/client_hello.ts";
import { within } from "./wire/within.ts";
import { carry, type Context } from "./context.ts";
import { dial } from "./tunnel/dial.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import type { ConnectRequest } from "./wire/head.ts";
import { proxyUser } from "./proxy_user.ts";
import { notAllowed, Refusal } from "./hosts/refusal.ts";
import { hangUp, writeAll } from "./tunnel/relay.ts";
import { endWith } from "./wire/reply.ts";

const ESTABLISHED = new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n");

/**
 * Serves one CONNECT to its end. `rest` is what the client sent without waiting for the answer.
 * Throws {@linkcode Refusal} while an answer in HTTP is still possible.
 */
export async function connect(
  context: Context,
  client: Deno.TcpConn,
  address: string,
  request: ConnectRequest,
  rest: Uint8Array,
): Promise<void> {
  const { endpoint, headers } = request;
  const user = await proxyUser(context, headers.get("proxy-authorization"), address);
  const { allowList } = context.settings();
  const registry = allowList.interceptedAt(endpoint);
  const interceptor = context.interceptor();
  if (registry !== undefined && interceptor?.authority.covers(endpoint.host)) {
    const visitor = { client: address, user, registry, endpoint };
    const server = await interceptor.server(endpoint.host);
    await writeAll(client, ESTABLISHED);
    const hello = await readHello(context, client, address, endpoint, rest);
    if (!hello) return;
    const { connection, leave } = await server.connect(visitor);
    const about = { kind: "interception", ...endpoint, client: address, user } as const;
    await carry(context, client, connection, hello, about).finally(leave);
    return;
  }
  const verdict = allowList.verdict(endpoint);
  if (!verdict.allowed) throw notAllowed(endpoint, verdict.reason);
  const { connection: server, received } = await dial(endpoint, verdict.reach, context.dialing);
  const about = { kind: "tunnel", ...endpoint, client: address, user } as const;
  try {
    await writeAll(client, ESTABLISHED);
    await writeAll(client, received);
  } catch (error) {
    hangUp(server);
    throw error;
  }
  await carry(context, client, server, rest, about);
}

const NOT_TLS = new TextEncoder().encode(
  "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n" +
    "expected TLS on this connection\n",
);

/** What a client does after CONNECT: says hello, says something else, or leaves. */
type Greeting =
  | { kind: "hello"; bytes: Uint8Array }
  | { kind: "wrong"; problem: string; answer: Uint8Array }
  | { kind: "left" };

/**
 * Everything up to the end of the client's hello, when it is one for `endpoint`. Otherwise the
 * connection is ended, with an alert where TLS is spoken, and the reason told.
 */
async function readHello(
  context: Context,
  client: Deno.TcpConn,
  address: string,
  endpoint: Endpoint,
  rest: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { clock, limits, emit } = context;
  const tell = (problem: string) => emit({ kind: "handshake", client: address, endpoint, problem });
  try {
    const late = () => new Refusal("timeout", "no TLS handshake came in time");
    const greeting = await within(
      clock,
      limits.handshakeTimeout,
      () => readGreeting(client, endpoint, rest),
      late,
    );
    if (greeting.kind === "hello") return greeting.bytes;
    if (greeting.kind === "left") return void hangUp(client);
    tell(greeting.problem);
    await endWith(client, greeting.answer, clock);
  } catch (error) {
    hangUp(client);
    if (error instanceof Refusal) tell(error.message);
  }
}

async function readGreeting(
  client: Deno.TcpConn,
  endpoint: Endpoint,
  rest: Uint8Array,
): Promise<Greeting> {
  const buffer = new Uint8Array(4096);
  for (let bytes = rest;;) {
    const hello = parseClientHello(bytes);
    if (hello.kind === "other") {
      const problem = "found plain bytes where TLS should come";
      return { kind: "wrong", problem, answer: NOT_TLS };
    }
    if (hello.kind === "hello") {
      const { serverName } = hello;
      if (serverName === undefined || serverName === endpoint.host) return { kind: "hello", bytes };
      const problem = `the client then asked for ${JSON.stringify(serverName)} in TLS`;
      return { kind: "wrong", problem, answer: UNRECOGNIZED_NAME };
    }
    const size = await client.read(buffer);
    if (size === null) return { kind: "left" };
    bytes = concat(bytes, buffer.subarray(0, size));
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
