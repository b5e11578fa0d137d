import assert from "node:assert/strict";
import { loaded, loadYaml, problems } from "./fixture.ts";

Deno.test("limits, as the file writes them", async () => {
  const { config } = loaded(
    await loadYaml(
      "limits: [{ name: ci, networks: [10.0.0.0/8], requests: 100/m, bandwidth: 50MiB/s, " +
        "concurrent: 20, total: true }, { bandwidth: 1MB/s, upstream: true, registries: [quay] }]",
    ),
  );
  assert.deepEqual(config.limits[0], {
    ...{ name: "ci", users: [], networks: ["10.0.0.0/8"], registries: [], requests: "100/m" },
    ...{ bandwidth: "50MiB/s", concurrent: 20, total: true, upstream: false },
  });
});

const WRONG: [limit: string, message: RegExp][] = [
  ["requests: 100", /limits\[0\]\.requests: found "?100"?, expected/],
  ["requests: 100/day", /requests: found "100\/day", expected a number in a time, such as 5\/s/],
  ["requests: 0/s", /expected a number in a time/],
  ["bandwidth: 50MiB", /bandwidth: found "50MiB", expected a size in a second, such as 50MiB\/s/],
  ["bandwidth: 1KiB/s", /expected a size in a second, such as 50MiB\/s, and 16KiB\/s at least/],
  ["concurrent: -1", /limits\[0\]\.concurrent: found -1, expected/],
  ["total: true", /limits\[0\]: expected requests, bandwidth or concurrent/],
  ["requests: 1/s, users: [kim]", /users\[0\]: found "kim", expected one of the names in users/],
  ["requests: 1/s, networks: [lan]", /networks\[0\]: found "lan", expected an address or a range/],
  ["requests: 1/s, registries: [hub]", /registries\[0\]: found "hub", expected the name of/],
  ["upstream: true", /limits\[0\]: expected a bandwidth/],
  ["upstream: true, concurrent: 3", /concurrent: is for clients, and with upstream: true/],
  ["name: Big, requests: 1/s", /limits\[0\]\.name: found "Big", expected a name of lower-case/],
  ["speed: 3", /limits\[0\]\.speed: unknown key/],
];

for (const [limit, message] of WRONG) {
  Deno.test(`limits, a mistake is named: ${limit}`, async () => {
    const [first] = problems(await loadYaml(`limits: [{ ${limit} }]`));
    assert.match(first!, message);
  });
}

Deno.test("limits, two of one name; and a header of names that nobody may send", async () => {
  const twice = "limits: [{ name: a, requests: 1/s }, { name: a, requests: 2/s }]";
  assert.match(problems(await loadYaml(twice))[0]!, /limits\[1\]\.name: found "a", which another/);
  const [header] = problems(await loadYaml("clients: { name_header: X-Node-Name }"));
  assert.match(header!, /clients\.name_header: expected trusted_proxies with it/);
});
