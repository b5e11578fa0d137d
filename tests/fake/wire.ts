/**
 * A server over real sockets that can misbehave. `node:http` rather than `Deno.serve`, since faults
 * need the socket: a cut in mid-body, headers without end, an answer of nothing at all.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** A request as a server of the fake received it. */
export interface Seen {
  /** Which server: `registry`, `cdn`, `token`. */
  server: string;
  method: string;
  /** Path without the query. */
  path: string;
  query: URLSearchParams;
  /** The request target as sent. */
  target: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  /** Status that was answered; 0 where none was. */
  status: number;
  /** How the answer ended: sent to the end, or the connection went away before it. */
  ended: Promise<"sent" | "aborted">;
}

export interface Answer {
  status: number;
  headers?: Record<string, string> | undefined;
  body?: Uint8Array | string | undefined;
}

export type FaultAction =
  /** Another answer, e.g. `{ status: 429, body: "slow down", headers: { "retry-after": "1" } }`. */
  | { kind: "answer"; status: number; body?: string; headers?: Record<string, string> }
  /** Closes the connection after `after` body bytes; headers promise the whole, or more chunks. */
  | { kind: "cut"; after: number; chunked?: boolean }
  /** Closes the connection without a byte. */
  | { kind: "close" }
  /** Sends `after` body bytes (not even headers when absent) and goes on when `until` resolves. */
  | { kind: "stall"; after?: number; until?: Promise<unknown> }
  /** The right length, one wrong byte. */
  | { kind: "corrupt" }
  /** Only `to` bytes, with a Content-Length that says so. */
  | { kind: "truncate"; to: number }
  /** The body gzipped, with Content-Encoding. */
  | { kind: "gzip" }
  /** No Content-Length: chunked. */
  | { kind: "no-length" }
  /** Header lines until the client gives up. */
  | { kind: "endless-headers" }
  /** Headers are added to the normal answer; an empty value takes one away. */
  | { kind: "headers"; headers: Record<string, string> };

/** Applies to requests that match; all conditions hold together. */
export interface Fault {
  server?: string;
  method?: string;
  /** Matched against the path without query. */
  path?: string | RegExp;
  /** The first matching request that suffers, from 1. Default 1. */
  from?: number;
  /** How many suffer. Default 1; `Infinity` for all. */
  times?: number;
  action: FaultAction;
}

export interface Wire {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly host: string;
  close(): Promise<void>;
}

interface WireOptions {
  name: string;
  handler: (seen: Seen) => Answer | Promise<Answer>;
  log: Seen[];
  faults: FaultBook;
  hostname?: string | undefined;
  port?: number | undefined;
  tls?: { cert: string; key: string } | undefined;
}

/** Finds the fault for each request and counts. */
export class FaultBook {
  readonly #faults: { fault: Fault; matched: number }[] = [];

  constructor(faults: Fault[] = []) {
    this.add(...faults);
  }

  add(...faults: Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ fault, matched: 0 })));
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The first fault that is due for this request. Every match counts, due or not. */
  next(seen: Seen): FaultAction | undefined {
    let due: FaultAction | undefined;
    for (const entry of this.#faults) {
      if (!applies(entry.fault, seen)) continue;
      entry.matched++;
      const { from = 1, times = 1 } = entry.fault;
      if (entry.matched >= from && entry.matched < from + times) due ??= entry.fault.action;
    }
    return due;
  }
}

function applies({ server, method, path }: Fault, seen: Seen): boolean {
  return (server === undefined || server === seen.server) &&
    (method === undefined || method === seen.method) &&
    (path === undefined || (path instanceof RegExp ? path.test(seen.path) : path === seen.path));
}

/** Starts a server on a free port of `hostname` (default 127.0.0.1). */
export async function serveWire(options: WireOptions): Promise<Wire> {
  const { hostname = "127.0.0.1", port = 0, tls } = options;
  const pending = new Set<Promise<void>>();
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    const work = handle(req, res, options).catch(() => void req.socket.destroy());
    pending.add(work);
    work.finally(() => pending.delete(work));
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, hostname, resolve));
  const address = server.address() as AddressInfo;
  const host = `${
    address.family === "IPv6" ? `[${address.address}]` : address.address
  }:${address.port}`;
  return {
    url: `${tls ? "https" : "http"}://${host}`,
    host,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      // Node's server may wait for ever for a connection whose peer was killed: not longer than this.
      const bound = Promise.withResolvers<void>();
      const timer = setTimeout(bound.resolve, 3000);
      await Promise.race([Promise.all([closed, ...pending]), bound.promise]);
      clearTimeout(timer);
    },
  };
}

async function handle(req: IncomingMessage, res: ServerResponse, options: WireOptions) {
  const seen = await read(req, res, options.name);
  options.log.push(seen);
  const action = options.faults.next(seen);
  if (action?.kind === "close") return void req.socket.destroy();
  if (action?.kind === "endless-headers") return await endlessHeaders(req);
  if (action?.kind === "stall" && action.after === undefined) {
    await Promise.race([action.until ?? NEVER, seen.ended]);
  }
  const answer = alter(action?.kind === "answer" ? action : await options.handler(seen), action);
  seen.status = answer.status;
  await send(seen, req, res, answer, action);
}

const NEVER = new Promise<never>(() => {});

async function read(req: IncomingMessage, res: ServerResponse, server: string): Promise<Seen> {
  const ended = new Promise<"sent" | "aborted">((resolve) => {
    res.on("finish", () => resolve("sent"));
    res.on("close", () => resolve("aborted"));
  });
  if (req.socket.listenerCount("error") < 2) req.socket.on("error", () => {});
  const headers = new Headers();
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    headers.append(req.rawHeaders[i]!, req.rawHeaders[i + 1]!);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of req) chunks.push(chunk);
  const target = req.url ?? "/";
  const [path = "/", query = ""] = target.replace(/^https?:\/\/[^/]*/, "").split(/\?(.*)/s);
  return {
    server,
    method: req.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    target,
    headers,
    body: new Uint8Array(Buffer.concat(chunks)),
    status: 0,
    ended,
  };
}

/** The answer as the fault changes it, with the Content-Length that goes with its body. */
function alter(answer: Answer, action: FaultAction | undefined) {
  let body = typeof answer.body === "string"
    ? new TextEncoder().encode(answer.body)
    : answer.body ?? new Uint8Array();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  if (action?.kind === "corrupt" && body.length > 0) {
    body = body.slice();
    body[body.length - 1]! ^= 0xff;
  }
  if (action?.kind === "truncate") body = body.subarray(0, action.to);
  if (action?.kind === "gzip") {
    body = gzipSync(body);
    headers["content-encoding"] = "gzip";
  }
  if (answer.status !== 204 && answer.status !== 304) headers["content-length"] = `${body.length}`;
  const chunked = action?.kind === "no-length" || (action?.kind === "cut" && action.chunked);
  if (chunked) delete headers["content-length"];
  if (action?.kind === "headers") {
    for (const [name, value] of Object.entries(action.headers)) {
      if (value === "") delete headers[name.toLowerCase()];
      else headers[name.toLowerCase()] = value;
    }
  }
  return { status: answer.status, headers, body };
}

async function send(
  seen: Seen,
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: { status: number; headers: Record<string, string>; body: Uint8Array },
  action: FaultAction | undefined,
): Promise<void> {
  res.writeHead(status, headers);
  if (seen.method === "HEAD") return void res.end();
  const pause = action?.kind === "cut" || action?.kind === "stall" ? action.after ?? 0 : 0;
  if (action?.kind === "cut" || (action?.kind === "stall" && action.after !== undefined)) {
    res.flushHeaders();
    if (pause > 0) {
      // The callback never comes when the client has gone before.
      const written = new Promise((resolve) => res.write(body.subarray(0, pause), resolve));
      await Promise.race([written, seen.ended]);
    }
    if (action.kind === "cut") return void req.socket.end(() => req.socket.destroy());
    await Promise.race([action.until ?? NEVER, seen.ended]);
  }
  res.end(body.subarray(pause));
}

async function endlessHeaders({ socket }: IncomingMessage): Promise<void> {
  const lines = `x-padding: ${"a".repeat(8000)}\r\n`.repeat(8);
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.write("HTTP/1.1 200 OK\r\n");
  while (!socket.destroyed) {
    await Promise.race([gone, new Promise((resolve) => socket.write(lines, resolve))]);
  }
}
