/** Whether registries are up, for Prometheus. */
import { Gauge, type Registry } from "prom-client";

/** What is held of a registry; `reason` is one of a closed set. */
export interface RegistryState {
  up: boolean;
  reason: string;
}

/** Registers `berth_registry_up`; `states` is read at each scrape. */
export function registryMetrics(
  register: Registry,
  states: () => Iterable<[registry: string, state: RegistryState]>,
): void {
  new Gauge({
    name: "berth_registry_up",
    help: "1 while a registry in use answers and accepts the credentials, else 0 and why.",
    labelNames: ["registry", "reason"] as const,
    registers: [register],
    collect() {
      this.reset();
      for (const [registry, { up, reason }] of states()) this.set({ registry, reason }, up ? 1 : 0);
    },
  });
}
