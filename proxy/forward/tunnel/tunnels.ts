/** The connections that run through the forward proxy now. */
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

/** The relays that run, counted and listed. */
export class Tunnels {
  readonly #running = new Map<number, { tunnel: Tunnel; relay: Relay }>();
  #next = 1;

  /** Registers a relay; `end` removes it and returns the final byte counts. */
  add(
    details: Omit<Tunnel, "id" | "up" | "down">,
    relay: Relay,
  ): { tunnel: Tunnel; end: () => Tunnel } {
    const tunnel = { ...details, id: this.#next++, up: 0, down: 0 };
    this.#running.set(tunnel.id, { tunnel, relay });
    const end = () => {
      this.#running.delete(tunnel.id);
      return { ...tunnel, up: relay.up, down: relay.down };
    };
    return { tunnel, end };
  }

  /** Closes tunnels without a byte since `time`: there is no telling what a quiet one waits for. */
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
