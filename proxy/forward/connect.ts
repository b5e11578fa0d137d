/** CONNECT: a tunnel to an allowed host, or the registry's own handler behind TLS that ends here. */
import { carry } from "./carry.ts";
import type { Context } from "./context.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import { notAllowed, Refusal } from "./hosts/refusal.ts";
import { readGreeting } from "./intercept/greeting.ts";
import type { Interceptor } from "./intercept/intercept.ts";
import type { InterceptedVisitor } from "./intercept/intercepted.ts";
import { proxyUser } from "./proxy_user.ts";
import { dial } from "./tunnel/dial.ts";
import { hangUp, writeAll } from "./wire/duplex.ts";
import type { ConnectRequest } from "./wire/head.ts";
import { endWith } from "./wire/reply.ts";
import { within } from "./wire/within.ts";

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
  const { allowList, authenticate } = context.settings();
  const user = await proxyUser(authenticate, headers.get("proxy-authorization"), address);
  const visitor = { client: address, user, endpoint };
  const registry = allowList.interceptedAt(endpoint);
  const interceptor = context.interceptor();
  if (registry !== undefined && interceptor?.authority.covers(endpoint.host)) {
    return await intercept(context, client, { ...visitor, registry }, interceptor, rest);
  }
  const verdict = allowList.verdict(endpoint);
  if (!verdict.allowed) throw notAllowed(endpoint, verdict.reason);
  const { connection: server, received } = await dial(endpoint, verdict.reach, context.dialing);
  try {
    await writeAll(client, ESTABLISHED);
    await writeAll(client, received);
  } catch (error) {
    hangUp(server);
    throw error;
  }
  await carry(context, client, server, rest, {
    kind: "tunnel",
    ...endpoint,
    client: address,
    user,
  });
}

/** Ends the client's TLS here and hands its requests to the registry's handler. */
async function intercept(
  context: Context,
  client: Deno.TcpConn,
  visitor: InterceptedVisitor,
  interceptor: Interceptor<InterceptedVisitor>,
  rest: Uint8Array,
): Promise<void> {
  const { endpoint, client: address, user } = visitor;
  const server = await interceptor.server(endpoint.host);
  await writeAll(client, ESTABLISHED);
  const hello = await readHello(context, client, address, endpoint, rest);
  if (!hello) return;
  const { connection, leave } = await server.connect(visitor);
  const listed = { kind: "interception", ...endpoint, client: address, user } as const;
  await carry(context, client, connection, hello, listed).finally(leave);
}

/**
 * Everything up to the end of the client's hello, when it is one for `endpoint`. Otherwise the
 * connection is closed, with an alert where the client speaks TLS, and the reason is reported.
 */
async function readHello(
  context: Context,
  client: Deno.TcpConn,
  address: string,
  endpoint: Endpoint,
  rest: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { clock, limits, emit } = context;
  const report = (problem: string) =>
    emit({ kind: "handshake", client: address, endpoint, problem });
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
    report(greeting.problem);
    await endWith(client, greeting.answer, clock);
  } catch (error) {
    hangUp(client);
    if (error instanceof Refusal) report(error.message);
  }
}
