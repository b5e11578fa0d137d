/**
 * Prometheus metrics of the forward proxy. Labels come from closed sets: what clients ask for, a host
 * above all, is never one.
 */
import { Counter, Gauge, type Registry } from "prom-client";
import type { EventSink } from "./events.ts";
import { REFUSAL_REASONS } from "./hosts/refusal.ts";
import { RELAY_ENDS } from "./tunnel/relay.ts";
import type { Tunnel } from "./tunnel/tunnels.ts";

const KINDS = ["tunnel", "interception"] as const;
const DIRECTIONS = ["up", "down"] as const;

/** Adds them to `register`; the sink that it returns counts events. `running` is read at scrapes. */
export function forwardMetrics(register: Registry, running: () => readonly Tunnel[]): EventSink {
  const registers = [register];
  new Gauge({
    name: "berth_forward_tunnels_open",
    help: "Tunnels that are open, by kind: tunnelled as they are, or TLS opened here.",
    labelNames: ["kind"] as const,
    registers,
    collect() {
      const open = running();
      for (const kind of KINDS) this.set({ kind }, open.filter((one) => one.kind === kind).length);
    },
  });
  const ended = new Counter({
    name: "berth_forward_tunnels_total",
    help: "Tunnels that have ended, by kind and how: closed, idle for too long, or broken off.",
    labelNames: ["kind", "result"] as const,
    registers,
  });
  const refused = new Counter({
    name: "berth_forward_refused_total",
    help: "Requests that the forward proxy refused, by reason.",
    labelNames: ["reason"] as const,
    registers,
  });
  const handshakes = new Counter({
    name: "berth_forward_handshake_failures_total",
    help: "Clients of intercepted hosts that did not speak TLS with them.",
    registers,
  });
  const countBytes = byteMetric(register, running);
  for (const kind of KINDS) {
    for (const result of RELAY_ENDS) ended.inc({ kind, result }, 0);
  }
  for (const reason of REFUSAL_REASONS) refused.inc({ reason }, 0);
  return (event) => {
    switch (event.kind) {
      case "closed":
        ended.inc({ kind: event.tunnel.kind, result: event.end });
        return countBytes(event.tunnel);
      case "refused":
        return refused.inc({ reason: event.refusal.reason });
      case "handshake":
        return handshakes.inc();
    }
  };
}

/** Counts the bytes of tunnels that run; the function that it returns adds those of one that ended. */
function byteMetric(register: Registry, running: () => readonly Tunnel[]): (ended: Tunnel) => void {
  const total = { tunnel: { up: 0, down: 0 }, interception: { up: 0, down: 0 } };
  new Counter({
    name: "berth_forward_bytes_total",
    help: "Bytes through tunnels, by kind and direction: from clients (up) and to them (down).",
    labelNames: ["kind", "direction"] as const,
    registers: [register],
    collect() {
      this.reset();
      for (const kind of KINDS) {
        const open = running().filter((one) => one.kind === kind);
        for (const direction of DIRECTIONS) {
          const moving = open.reduce((sum, { [direction]: bytes }) => sum + bytes, 0);
          this.inc({ kind, direction }, total[kind][direction] + moving);
        }
      }
    },
  });
  return ({ kind, up, down }) => {
    total[kind].up += up;
    total[kind].down += down;
  };
}
