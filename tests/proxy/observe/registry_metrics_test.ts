import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { registryMetrics, type RegistryState } from "../../../proxy/observe/registry_metrics.ts";

Deno.test("registryMetrics, one sample a registry, of this moment", async () => {
  const register = new Registry();
  const states = new Map<string, RegistryState>([["docker", { up: true, reason: "ok" }]]);
  registryMetrics(register, () => states);
  const samples = async () =>
    (await register.metrics()).split("\n").filter((line) => line.startsWith("berth_"));
  assert.deepEqual(await samples(), ['berth_registry_up{registry="docker",reason="ok"} 1']);
  states.set("docker", { up: false, reason: "dns" });
  assert.deepEqual(await samples(), ['berth_registry_up{registry="docker",reason="dns"} 0']);
  states.clear();
  assert.deepEqual(await samples(), []);
});
