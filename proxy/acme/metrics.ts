/** How it goes with the authority, for Prometheus. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { AcmeState } from "./keeper.ts";

/** Registers what `state` is read for at each scrape. The result counts an attempt. */
export function acmeMetrics(
  register: Registry,
  state: () => AcmeState | undefined,
): (outcome: "issued" | "failed") => void {
  const orders = new Counter({
    name: "berth_acme_orders_total",
    help: "Certificates asked for by ACME, by outcome: issued or failed.",
    labelNames: ["outcome"] as const,
    registers: [register],
  });
  new Gauge({
    name: "berth_acme_failing",
    help: "1 while no certificate can be had by ACME, or renewed; 0 while all is well.",
    registers: [register],
    collect() {
      this.set(state()?.problem ? 1 : 0);
    },
  });
  return (outcome) => orders.inc({ outcome });
}
