import assert from "node:assert/strict";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
import { loaded, loadYaml } from "./fixture.ts";

Deno.test("offline, one key takes every registry from the line, and each says where that stands", async () => {
  const yaml = "registries:\n  own: { url: 'https://r.example' }\noffline: true\n";
  const { config, sources } = loaded(await loadYaml(yaml));
  assert.ok(Object.keys(config.registries).length > 2);
  assert.ok(Object.values(config.registries).every(({ offline }) => offline));
  const origin = sources.get("registries.own.offline");
  assert.equal(describeProvenance(origin!), "config.yaml:3:10");
  const env = loaded(await loadYaml("", { env: { BERTH_OFFLINE: "true" } })).config;
  assert.equal(env.registries.docker!.offline, true);
  const none = loaded(await loadYaml("offline: false\nregistries: { quay: { offline: true } }\n"));
  assert.equal(none.config.registries.docker!.offline, false);
  assert.equal(none.config.registries.quay!.offline, true);
});
