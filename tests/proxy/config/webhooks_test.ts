import assert from "node:assert/strict";
import { migratedYaml } from "../../../proxy/config/migrate.ts";
import { printJson, printYaml } from "../../../proxy/config/print.ts";
import { maskText } from "../../../proxy/config/secrets_text.ts";
import { load, loaded, loadYaml, problems } from "./fixture.ts";

const GOOD = `
webhooks:
  - name: ops
    url: https://hooks.example.com/s3cret-path
    events: [registry-failing, denied]
    secret_file: key
  - { name: chat, url: "http://127.0.0.1:9/s3cret-too", format: slack, secret: s3cret-key }
`;
const files = { "/srv/key": "s3cret-in-a-file\n" };

Deno.test("webhooks, from a file, with a secret of its own file, and from the environment", async () => {
  const { config } = loaded(await loadYaml(GOOD, { files }));
  const [ops, chat] = config.webhooks;
  assert.deepEqual([ops?.secret, ops?.format], ["s3cret-in-a-file", "json"]);
  assert.deepEqual([chat?.secret, chat?.format, chat?.events], ["s3cret-key", "slack", []]);
  const env = { BERTH_WEBHOOKS: '[{"name":"ops","url":"https://h.example/?t=1"}]' };
  assert.equal(loaded(await load({ env })).config.webhooks[0]?.url, "https://h.example/?t=1");
});

Deno.test("webhooks, mistakes are named with their place, without what is secret", async () => {
  const found = problems(
    await loadYaml(`
webhooks:
  - { name: Ops, url: "ftp://s3cret.example" }
  - { name: a, url: "https://h.example", events: [registry-down] }
  - { name: b, url: "https://s3cret@h.example", colour: red }
`),
  );
  assert.match(found[0]!, /webhooks\[0\]\.name: found "Ops", expected a name of lower-case/);
  assert.match(found[1]!, /webhooks\[0\]\.url: found a string, expected a URL such as/);
  assert.match(
    found[2]!,
    /webhooks\[1\]\.events\[0\]: found "registry-down", expected one of registry-failing, .*denied, evicted$/,
  );
  assert.match(found.slice(3).join("\n"), /webhooks\[2\]\.colour: unknown key/);
  assert.doesNotMatch(found.join("\n"), /s3cret/);
  const twice = 'webhooks: [{name: a, url: "http://a"}, {name: a, url: "http://b"}]';
  assert.deepEqual(problems(await loadYaml(twice)), [
    'config.yaml:1:47: webhooks[1].name: found "a", which another webhook has; expected a name of its own',
  ]);
  const both = 'webhooks: [{name: a, url: "http://a", secret: s, secret_file: key}]';
  assert.match(problems(await loadYaml(both, { files }))[0]!, /secret is given too/);
});

Deno.test("webhooks, their URLs and secrets are shown nowhere, and migrate as they were", async () => {
  const it = loaded(await loadYaml(GOOD, { files }));
  for (const text of [printYaml(it), JSON.stringify(printJson(it)), maskText(GOOD)]) {
    assert.doesNotMatch(text, /s3cret/);
    assert.match(text, /registry-failing/);
  }
  const migrated = loaded(await loadYaml(migratedYaml(it), { files }));
  assert.deepEqual(migrated.config.webhooks, it.config.webhooks);
  assert.doesNotMatch(migratedYaml(it), /s3cret-in-a-file/);
});

Deno.test("webhooks, a file with secrets that others can read is a warning", async () => {
  const { warnings } = loaded(
    await loadYaml(GOOD, { files, modes: { "/srv/key": 0o644, "/srv/config.yaml": 0o644 } }),
  );
  assert.equal(warnings.filter((line) => /can be read by others/.test(line)).length, 2);
});
