/** The first bytes of a client that was promised TLS with an intercepted host. */
import type { Endpoint } from "../hosts/endpoint.ts";
import type { Duplex } from "../wire/duplex.ts";
import { parseClientHello, UNRECOGNIZED_NAME } from "./client_hello.ts";

const NOT_TLS = new TextEncoder().encode(
  "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n" +
    "expected TLS on this connection\n",
);

/** What a client does after CONNECT: it sends a ClientHello, sends something else, or closes. */
type Greeting =
  | { kind: "hello"; bytes: Uint8Array }
  | { kind: "wrong"; problem: string; answer: Uint8Array }
  | { kind: "left" };

/** Reads a client's first bytes, of which `rest` is here already, until it is clear what they are. */
export async function readGreeting(
  client: Pick<Duplex, "read">,
  endpoint: Endpoint,
  rest: Uint8Array,
): Promise<Greeting> {
  const buffer = new Uint8Array(4096);
  for (let bytes = rest;;) {
    const hello = parseClientHello(bytes);
    if (hello.kind === "other") {
      const problem = "expected TLS, found plain bytes";
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
