/** Refusals on a connection that is not handed to an HTTP server. */
import type { Clock } from "../../../base/clock.ts";
import { within } from "./within.ts";
import type { Refusal } from "../hosts/refusal.ts";
import { type Duplex, hangUp, writeAll } from "./duplex.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** How long a client may take to fetch an answer after which the connection ends. */
const LINGER = 2000;
const MAX_DISCARDED = 256 * 2 ** 10;

/** `refusal` as bytes of HTTP/1.1, connection closed after it. */
export function renderRefusal(refusal: Refusal): Uint8Array {
  const body = new TextEncoder().encode(`${refusal.message}\n`);
  const headers = {
    ...refusal.headers,
    "content-type": "text/plain; charset=utf-8",
    "content-length": String(body.length),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const line = `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status] ?? ""}\r\n`;
  return new Uint8Array([...new TextEncoder().encode(`${line}${lines.join("")}\r\n`), ...body]);
}

/**
 * Writes `bytes`, then closes. What the client still sends is read and dropped for a moment: closing
 * over unread bytes resets the connection, and the client may lose the answer.
 */
export async function endWith(client: Duplex, bytes: Uint8Array, clock: Clock): Promise<void> {
  try {
    await within(clock, LINGER, async (signal) => {
      await writeAll(client, bytes);
      await client.closeWrite();
      const scratch = new Uint8Array(4096);
      for (let size = 0; size < MAX_DISCARDED && !signal.aborted;) {
        const read = await client.read(scratch);
        if (read === null) break;
        size += read;
      }
    }, () => new Error("the client does not hang up"));
  } catch {
    // It is gone, or will be in a moment.
  } finally {
    hangUp(client);
  }
}
