import assert from "node:assert/strict";
import { exposedRegistries } from "../../../proxy/config/exposure.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { loaded, loadYaml, type Machine } from "./fixture.ts";

const robot = { username: "robot", password: "hidden" };

Deno.test("exposedRegistries, credentials of ours that everybody may use", () => {
  const cases: [settings: Record<string, unknown>, auth: Record<string, unknown>, boolean][] = [
    [{}, robot, true],
    [{}, { header: "Bearer x" }, true],
    [{}, { identity_token: "x" }, true],
    [{}, { docker_config: "~/.docker/config.json" }, true],
    [{}, { ecr: {} }, true],
    [{}, {}, false],
    [{}, { mode: "client" }, false],
    [{ listen: "127.0.0.1:8080" }, robot, false],
    [{ listen: "[::1]:8080" }, robot, false],
    [{ listen: "localhost:8080" }, robot, false],
    [{ listen: "192.0.2.1:8080" }, robot, true],
    [{ listen: "127.0.0.1:8080", forward: { listen: ":3128" } }, robot, true],
    [{ users: { ann: "hash" } }, robot, false],
    [{ allowed_networks: ["10.0.0.0/8"] }, robot, false],
  ];
  for (const [settings, auth, expected] of cases) {
    const registries = { own: { url: "https://own.test", auth }, open: { url: "https://o.test" } };
    const found = exposedRegistries(configSchema.parse({ registries, ...settings }));
    assert.deepEqual(found, expected ? ["own"] : [], JSON.stringify([settings, auth]));
  }
});

async function warnings(text: string, input: Machine = {}): Promise<string> {
  return loaded(await loadYaml(text, input)).warnings.join("\n");
}

const OWN = `registries: { own: { url: "https://o.example", auth: { username: u, `;

Deno.test("loadConfig, starts with what is exposed, and says so", async () => {
  const told = await warnings(`${OWN} password: hidden } } }`);
  assert.match(told, /can pull private images of own: .*users or allowed_networks/);
  assert.doesNotMatch(told, /hidden/);
  assert.equal(await warnings(`listen: "127.0.0.1:80"\n${OWN} password: hidden } } }`), "");
});

Deno.test("loadConfig, warns of secret files that others can read", async () => {
  const text = `listen: "127.0.0.1:80"\n${OWN} password_file: secret } } }`;
  const files = { "/srv/secret": "hidden" };
  assert.equal(await warnings(text, { files }), "");
  assert.equal(await warnings(text, { files, modes: { "/srv/config.yaml": 0o644 } }), "");
  assert.match(
    await warnings(text, { files, modes: { "/srv/secret": 0o100644 } }),
    /^\/srv\/secret holds secrets and can be read by others \(mode 0644\); expected chmod 600$/,
  );
  assert.match(
    await warnings(text, { files, modes: { "/srv/secret": 0o100620 } }),
    /can be changed by others \(mode 0620\)/,
  );
  const inline = text.replace("password_file: secret", "password: hidden");
  assert.match(
    await warnings(inline, { modes: { "/srv/config.yaml": 0o644 } }),
    /^\/srv\/config\.yaml holds secrets/,
  );
});

Deno.test("loadConfig, an address of the coordinator is a secret where it has a password", async () => {
  const modes = { "/srv/config.yaml": 0o644 };
  const env = {
    BERTH_CLUSTER_SECRET: "sixteen characters",
    BERTH_ADMIN_PASSWORD_HASH: `$2y$10$${"a".repeat(53)}`,
  };
  const warned = (url: string) => warnings(`cluster: { url: "${url}" }`, { env, modes });
  assert.equal(await warned("redis://valkey:6379"), "");
  assert.match(await warned("redis://:hidden@valkey:6379"), /^\/srv\/config\.yaml holds secrets/);
});
