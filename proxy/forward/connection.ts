/** One connection to the forward port, from its first byte to its end. */
import { plainAddress } from "../http/origin.ts";
import { connect } from "./connect.ts";
import { carry } from "./carry.ts";
import { type Context, noteRefusal } from "./context.ts";
import type { Endpoint } from "./hosts/endpoint.ts";
import { formOf, type Head, parseConnect, readHead } from "./wire/head.ts";
import { Refusal } from "./hosts/refusal.ts";
import { hangUp } from "./wire/duplex.ts";
import { endWith, renderRefusal } from "./wire/reply.ts";

/** Serves `client` until it is done. Never throws; errors go to the client and to the log. */
export async function serveConnection(context: Context, client: Deno.TcpConn): Promise<void> {
  const address = plainAddress(client.remoteAddr.hostname);
  let endpoint: Endpoint | undefined;
  try {
    const head = await readHead(client, context.clock, context.limits.headerTimeout);
    if (!head) return hangUp(client);
    if (!context.settings().admits(address)) {
      throw new Refusal("network", `${address} is not in the networks that are allowed`);
    }
    const form = formOf(head);
    if (form !== "connect") return await visit(context, client, address, form, head);
    const request = parseConnect(head);
    endpoint = request.endpoint;
    await connect(context, client, address, request, head.rest);
  } catch (error) {
    await fail(context, client, address, endpoint, error);
  }
}

/** Hands the connection to the server for plain HTTP. */
async function visit(
  context: Context,
  client: Deno.TcpConn,
  address: string,
  form: "absolute" | "origin",
  head: Head,
): Promise<void> {
  const { connection, leave } = await context.plain.connect({ client: address, form });
  await carry(context, client, connection, head.bytes).finally(leave);
}

async function fail(
  context: Context,
  client: Deno.TcpConn,
  address: string,
  endpoint: Endpoint | undefined,
  error: unknown,
): Promise<void> {
  const { clock, emit } = context;
  if (error instanceof Refusal) {
    noteRefusal(context, error, address, endpoint);
    return await endWith(client, renderRefusal(error), clock);
  }
  hangUp(client);
  if (isGone(error)) return;
  emit({ kind: "failed", message: `the forward proxy failed to serve ${address}`, error });
}

/** Whether `error` means only that the client went away. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}
