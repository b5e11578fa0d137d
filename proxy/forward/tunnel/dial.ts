/** From a host to a connection: it goes to the very addresses that were checked. */
import ipaddr from "ipaddr.js";
import type { Clock } from "../../../base/clock.ts";
import { within } from "../wire/within.ts";
import { type Endpoint, formatEndpoint, isOwn, isWithin, type Reach } from "../hosts/endpoint.ts";
import type { Lookup } from "../../upstream/dial.ts";
import { parentEndpoint, tunnelThrough } from "./parent.ts";
import { privateAddress, Refusal } from "../hosts/refusal.ts";

export interface DialOptions {
  clock: Clock;
  resolve: Lookup;
  /** Milliseconds for resolving and connecting together. */
  timeout: number;
  /** Ports that this program listens on; connecting to one of them on this machine would be a loop. */
  ownPorts(): number[];
  /** The proxy that this machine has to use for `endpoint`; `undefined` for none. */
  parent(endpoint: Endpoint): URL | undefined;
  /** Aborted when this program stops; ends every attempt. */
  over: AbortSignal;
}

/** RFC 8305, 5: how long an attempt has before the next address is tried beside it. */
const ATTEMPT_DELAY = 250;

/** A connection to where a client wants to go. */
interface Dialled {
  connection: Deno.Conn;
  /** What has been received on it already. */
  received: Uint8Array;
}

/**
 * Connects to `endpoint`, through this machine's own proxy where it has one. Throws
 * {@linkcode Refusal}: `private` where an address lies outside `reach`, `loop` where it is ourselves,
 * `unresolved`, `unreachable`.
 */
export async function dial(
  endpoint: Endpoint,
  reach: Reach,
  options: DialOptions,
): Promise<Dialled> {
  const { clock, timeout, over } = options;
  const late = () =>
    new Refusal("unreachable", `${formatEndpoint(endpoint)} did not answer in time`);
  return await within(
    clock,
    timeout,
    async (signal) => {
      const parent = options.parent(endpoint);
      if (parent) return await dialThrough(parent, endpoint, reach, options, signal);
      const addresses = await checkedAddresses(endpoint, reach, options);
      const connection = await connectAny(endpoint, addresses, clock, signal);
      return { connection, received: new Uint8Array() };
    },
    late,
    over,
  );
}

/** The parent resolves names, so that only an address itself can be checked here. */
async function dialThrough(
  parent: URL,
  endpoint: Endpoint,
  reach: Reach,
  options: DialOptions,
  signal: AbortSignal,
): Promise<Dialled> {
  if (ipaddr.isValid(endpoint.host)) await checkedAddresses(endpoint, reach, options);
  const at = parentEndpoint(parent);
  const addresses = await checkedAddresses(at, "any", options);
  const plain = await connectAny(at, addresses, options.clock, signal);
  const connection = parent.protocol === "https:"
    ? await Deno.startTls(plain, { hostname: at.host })
    : plain;
  const { clock, timeout } = options;
  const { rest } = await tunnelThrough(connection, parent, endpoint, clock, timeout);
  return { connection, received: rest };
}

/** The addresses of `endpoint` that may be connected to, in the order to try them. */
export async function checkedAddresses(
  endpoint: Endpoint,
  reach: Reach,
  { resolve, ownPorts }: Pick<DialOptions, "resolve" | "ownPorts">,
): Promise<string[]> {
  const addresses = await resolveAll(endpoint.host, resolve);
  const own = ownPorts().includes(endpoint.port) ? interfaceAddresses() : undefined;
  for (const address of addresses) {
    if (own && isOwn(address, own)) {
      const message = `${formatEndpoint(endpoint)} leads back to this proxy`;
      throw new Refusal("loop", message);
    }
    if (!isWithin(address, reach)) throw privateAddress(endpoint, address, reach);
  }
  return alternate(addresses);
}

async function resolveAll(host: string, resolve: Lookup): Promise<string[]> {
  if (ipaddr.isValid(host)) return [host];
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return addresses;
  } catch (cause) {
    throw new Refusal("unresolved", `${host} cannot be resolved`, { cause });
  }
  throw new Refusal("unresolved", `${host} has no address`);
}

function interfaceAddresses(): string[] {
  return Deno.networkInterfaces().map(({ address }) => address.replace(/%.*$/, ""));
}

/** IPv6 and IPv4 in turn, so that one that leads nowhere costs a quarter of a second (RFC 8305, 4). */
function alternate(addresses: string[]): string[] {
  const first = addresses.filter((one) => one.includes(":") === addresses[0]!.includes(":"));
  const second = addresses.filter((one) => !first.includes(one));
  return first.flatMap((one, index) => second[index] ? [one, second[index]] : [one])
    .concat(second.slice(first.length));
}

/** The first connection to succeed; the other attempts are abandoned. */
async function connectAny(
  endpoint: Endpoint,
  addresses: string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const won = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Deno.TcpConn>();
  const errors: unknown[] = [];
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });

  const attempt = async (index: number): Promise<void> => {
    if (index >= addresses.length || won.signal.aborted || signal.aborted) return;
    const next = new AbortController();
    const following = clock.delay(ATTEMPT_DELAY, AbortSignal.any([next.signal, won.signal]))
      .catch(() => {}).then(() => attempt(index + 1));
    try {
      const connection = await Deno.connect({
        hostname: addresses[index]!,
        port: endpoint.port,
        signal: AbortSignal.any([won.signal, signal]),
      });
      if (won.signal.aborted || signal.aborted) return connection.close();
      won.abort();
      connection.setNoDelay();
      resolve(connection);
    } catch (error) {
      errors.push(error);
      if (errors.length === addresses.length) reject(unreachable(endpoint, errors));
      next.abort();
    }
    await following;
  };
  void attempt(0);
  try {
    return await promise;
  } finally {
    won.abort();
    signal.removeEventListener("abort", giveUp);
  }
}

function unreachable(endpoint: Endpoint, errors: unknown[]): Refusal {
  const reason = errors[0] instanceof Deno.errors.ConnectionRefused
    ? "refused the connection"
    : "cannot be reached";
  return new Refusal("unreachable", `${formatEndpoint(endpoint)} ${reason}`, { cause: errors[0] });
}
