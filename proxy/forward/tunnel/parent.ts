/** A tunnel through the proxy that this machine itself has to use (`https_proxy`). */
import type { Clock } from "../../../base/clock.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../hosts/endpoint.ts";
import { type Head, readHead } from "../wire/head.ts";
import { Refusal } from "../hosts/refusal.ts";
import { hangUp, writeAll } from "../wire/duplex.ts";

/** Where such a proxy stands. Throws {@linkcode Refusal} for one that no tunnel can go through. */
export function parentEndpoint(parent: URL): Endpoint {
  const port = { "http:": 80, "https:": 443 }[parent.protocol];
  const endpoint = port === undefined ? undefined : parseEndpoint(parent.host, port);
  if (endpoint) return endpoint;
  throw new Refusal("unreachable", `tunnels cannot go through a ${parent.protocol}// proxy`);
}

/**
 * Asks the proxy at the other end of `connection` for `endpoint`. Returns the head of its answer and
 * the bytes that followed it. Throws {@linkcode Refusal} when the proxy refuses; the connection is closed
 * then.
 */
export async function tunnelThrough(
  connection: Deno.Conn,
  parent: URL,
  endpoint: Endpoint,
  clock: Clock,
  timeout: number,
): Promise<Head> {
  const target = formatEndpoint(endpoint);
  const request = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...authorization(parent)];
  try {
    await writeAll(connection, new TextEncoder().encode(`${request.join("\r\n")}\r\n\r\n`));
    const head = await readHead(connection, clock, timeout);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head?.text ?? "")?.[1];
    if (head && status?.startsWith("2")) return head;
    throw refused(parent, target, status ? `it answered ${status}` : "it hung up");
  } catch (error) {
    hangUp(connection);
    throw error instanceof Refusal ? error : refused(parent, target, "the connection broke", error);
  }
}

function refused(parent: URL, target: string, what: string, cause?: unknown): Refusal {
  const message = `${target} cannot be reached through the proxy ${parent.host}: ${what}`;
  return new Refusal("unreachable", message, { cause });
}

function authorization({ username, password }: URL): string[] {
  if (!username) return [];
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const encoded = new TextEncoder().encode(text).toBase64();
  return [`Proxy-Authorization: Basic ${encoded}`];
}
