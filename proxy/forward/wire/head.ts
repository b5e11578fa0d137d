/** The first bytes of a connection to the forward port: read within bounds, and understood. */
import type { Clock } from "../../../base/clock.ts";
import { within } from "./within.ts";
import { type Endpoint, parseEndpoint } from "../hosts/endpoint.ts";
import { Refusal } from "../hosts/refusal.ts";
import type { Duplex } from "./duplex.ts";

/** What a client sent up to and including the empty line, and what came with it. */
export interface Head {
  text: string;
  rest: Uint8Array;
  /** All of it, for the server that the connection is handed to. */
  bytes: Uint8Array;
}

/** How the first request of a connection names its target (RFC 9112, 3.2). */
type Form = "connect" | "absolute" | "origin";

export interface ConnectRequest {
  endpoint: Endpoint;
  headers: Headers;
}

/** Tokens of registries are long; nothing else is. */
const MAX_HEAD = 64 * 2 ** 10;

/**
 * Reads the head of the first request; `undefined` when the client says nothing and leaves. Throws
 * {@linkcode Refusal} when it does not come within `timeout` milliseconds or is too long.
 */
export async function readHead(
  connection: Pick<Duplex, "read">,
  clock: Clock,
  timeout: number,
): Promise<Head | undefined> {
  const late = () => new Refusal("timeout", "the request did not come in time");
  return await within(clock, timeout, () => readUntilEmptyLine(connection), late);
}

async function readUntilEmptyLine(connection: Pick<Duplex, "read">): Promise<Head | undefined> {
  let bytes = new Uint8Array(4096);
  let length = 0;
  for (;;) {
    const size = await connection.read(bytes.subarray(length));
    if (size === null) {
      if (length === 0) return undefined;
      throw new Refusal("malformed", "the connection ended within the request's head");
    }
    const from = Math.max(0, length - 3);
    length += size;
    const end = emptyLine(bytes, from, length);
    if (end !== undefined) {
      return {
        text: new TextDecoder("latin1").decode(bytes.subarray(0, end)),
        rest: bytes.slice(end, length),
        bytes: bytes.slice(0, length),
      };
    }
    if (length >= MAX_HEAD) throw new Refusal("malformed", "the request's head is too long");
    if (length === bytes.length) {
      const larger = new Uint8Array(Math.min(length * 4, MAX_HEAD));
      larger.set(bytes);
      bytes = larger;
    }
  }
}

/** Index after CR LF CR LF (or two bare LF, RFC 9112, 2.2) in `bytes` from `from` up to `to`. */
function emptyLine(bytes: Uint8Array, from: number, to: number): number | undefined {
  const LF = 10;
  const CR = 13;
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < to; at = bytes.indexOf(LF, at + 1)) {
    const before = bytes[at - 1] === CR ? at - 2 : at - 1;
    if (bytes[before] === LF) return at + 1;
  }
  return undefined;
}

/** The form of the first request line. */
export function formOf(head: Head): Form {
  const target = /^(\S+) (\S*)/.exec(head.text);
  if (target?.[1] === "CONNECT") return "connect";
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(target?.[2] ?? "") ? "absolute" : "origin";
}

/** A CONNECT request. Throws {@linkcode Refusal} (400) for one that is malformed. */
export function parseConnect(head: Head): ConnectRequest {
  const [line = "", ...fields] = head.text.split(/\r?\n/);
  const target = /^CONNECT (\S+) HTTP\/1\.[01]$/.exec(line)?.[1];
  const endpoint = target === undefined ? undefined : parseEndpoint(target);
  if (!endpoint) {
    throw new Refusal("malformed", "malformed CONNECT: expected CONNECT host:port HTTP/1.1");
  }
  const headers = new Headers();
  for (const field of fields) {
    if (field === "") continue;
    const match = /^([!#$%&'*+.^_`|~0-9a-z-]+):[ \t]*(.*?)[ \t]*$/i.exec(field);
    if (!match) throw new Refusal("malformed", "malformed CONNECT: a header cannot be read");
    try {
      headers.append(match[1]!, match[2]!);
    } catch {
      throw new Refusal("malformed", "malformed CONNECT: a header cannot be read");
    }
  }
  return { endpoint, headers };
}
