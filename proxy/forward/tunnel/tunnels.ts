/** What runs through the forward proxy now, and what was refused lately. */
import { LRUCache } from "lru-cache";
import { type Endpoint, formatEndpoint } from "../hosts/endpoint.ts";
import { type HostReason, isAboutHost, type Refusal } from "../hosts/refusal.ts";
import type { Relay } from "./relay.ts";

/** A connection to a host, as the dashboard shows it. */
export interface Tunnel {
  id: number;
  kind: "tunnel" | "interception";
  host: string;
  port: number;
  /** Address of the client. */
  client: string;
  /** Who signed in; empty where nobody has to. */
  user: string;
  /** Unix milliseconds. */
  since: number;
  /** Bytes from the client and to it. */
  up: number;
  down: number;
}

export interface RefusedHost {
  host: string;
  port: number;
  reason: HostReason;
  message: string;
  count: number;
  /** Unix milliseconds of the last time, and whose that was. */
  last: number;
  client: string;
}

/** The relays that run, counted and listed. */
export class Tunnels {
  readonly #running = new Map<number, { tunnel: Tunnel; relay: Relay }>();
  #next = 1;

  /** Registers a relay; the function that it returns takes it out and tells the final numbers. */
  add(
    about: Omit<Tunnel, "id" | "up" | "down">,
    relay: Relay,
  ): { tunnel: Tunnel; end: () => Tunnel } {
    const tunnel = { ...about, id: this.#next++, up: 0, down: 0 };
    this.#running.set(tunnel.id, { tunnel, relay });
    const end = () => {
      this.#running.delete(tunnel.id);
      return { ...tunnel, up: relay.up, down: relay.down };
    };
    return { tunnel, end };
  }

  /** Breaks off tunnels without a byte since `time`: nobody can know what a quiet one waits for. */
  stopQuiet(time: number): void {
    for (const { tunnel, relay } of this.#running.values()) {
      if (tunnel.kind === "tunnel" && relay.lastByteAt <= time) relay.stop();
    }
  }

  /** All of them, the oldest first. */
  list(): Tunnel[] {
    return [...this.#running.values()].map(({ tunnel, relay }) => ({
      ...tunnel,
      up: relay.up,
      down: relay.down,
    }));
  }
}

/** Hosts that clients asked for and did not get, for the operator to allow or not. */
export class RefusedHosts {
  readonly #hosts = new LRUCache<string, RefusedHost>({ max: 200 });

  /** Takes note of a refusal, unless it says nothing about `endpoint`. */
  add(endpoint: Endpoint, refusal: Refusal, client: string, now: number): void {
    const { reason, message } = refusal;
    if (!isAboutHost(reason)) return;
    const key = formatEndpoint(endpoint);
    const count = (this.#hosts.get(key)?.count ?? 0) + 1;
    this.#hosts.set(key, { ...endpoint, reason, message, count, last: now, client });
  }

  /** The latest first. */
  list(): RefusedHost[] {
    return [...this.#hosts.values()];
  }

  /** Forgets those that `allowed` says are no longer refused. */
  prune(allowed: (endpoint: Endpoint) => boolean): void {
    for (const [key, host] of this.#hosts.entries()) if (allowed(host)) this.#hosts.delete(key);
  }
}
