import assert from "node:assert/strict";
import { configSchema } from "../../../proxy/config/schema.ts";
import { freshnessRules } from "../../../proxy/cached/freshness.ts";

Deno.test("freshnessRules, first tier that matches, then the registry's ttl, then the common one", () => {
  const rules = freshnessRules(configSchema.parse({
    cache: {
      manifests: {
        ttl: "1h",
        stale_if_error: "2d",
        tiers: [{ match: "^(stable|nightly)$", ttl: "10m" }, { match: "\\d+\\.\\d+", ttl: "60d" }],
      },
    },
    registries: {
      docker: { url: "https://a.test" },
      quick: { url: "https://b.test", manifests: { ttl: 0 } },
      gone: { url: "https://d.test", offline: true },
      own: { url: "https://c.test", manifests: { tiers: [{ match: "^x$", ttl: "5s" }] } },
    },
  }));
  const table: [registry: string, tag: string, ms: number][] = [
    ["docker", "stable", 600e3],
    ["docker", "unstable", 3600e3],
    ["docker", "1.2", 60 * 86400e3],
    ["quick", "stable", 600e3],
    ["quick", "latest", 0],
    ["own", "x", 5e3],
    ["own", "stable", 3600e3],
    ["unknown", "latest", 3600e3],
  ];
  for (const [registry, tag, ms] of table) assert.equal(rules.ttl(registry, tag), ms, tag);
  assert.equal(rules.staleIfError("own"), 2 * 86400e3);
  assert.equal(rules.staleIfError("unknown"), 2 * 86400e3);
  assert.equal(rules.staleIfError("gone"), Infinity, "a registry that is not asked any more");
});
