import assert from "node:assert/strict";
import { startBerth } from "./harness/berth.ts";
import { conformance, type Rows, startOlareg } from "./harness/go_tools.ts";
import { startRegistry } from "./harness/registry.ts";

const DIRECT = ["direct/one", "direct/two"] as const;
const THROUGH = ["through/one", "through/two"] as const;

for (
  const { name, start } of [
    { name: "docker-registry", start: () => startRegistry() },
    { name: "olareg, which has referrers", start: startOlareg },
  ]
) {
  Deno.test(`OCI conformance (${name}), what passes there passes through Berth`, async () => {
    await using registry = await start();
    await using berth = await startBerth({
      allow_push: true,
      registries: { own: { url: registry.url } },
      default_registry: "own",
    });
    const direct = await conformance(registry.host, DIRECT);
    assert.ok(passed(direct) > 100, `${passed(direct)} rows passed at ${name}`);
    assert.deepEqual(lost(direct, await conformance(berth.host, THROUGH)), []);
    // Once more: with what has been pulled, deleted and refused before in its cache.
    assert.deepEqual(lost(direct, await conformance(berth.host, THROUGH)), []);
  });
}

function passed(rows: Map<string, Rows>): number {
  return rows.values().reduce((sum, { passed }) => sum + passed, 0);
}

/** Names of which fewer rows pass in `through` than in `direct`, with the suite's reasons. */
function lost(direct: Map<string, Rows>, through: Map<string, Rows>): string[] {
  return [...direct].flatMap(([name, { passed }]) => {
    const rows = through.get(name) ?? { passed: 0, others: ["is not in the report"] };
    return rows.passed < passed ? [`${name}: ${rows.others.join("; ")}`] : [];
  });
}
