import assert from "node:assert/strict";
import { pinDoubt } from "../../../proxy/config/doubts.ts";
import { loaded, loadYaml, problems } from "./fixture.ts";

Deno.test("pinDoubt, patterns that can match nothing, and what was expected", () => {
  const table: [string, RegExp | undefined][] = [
    ["alpine", /^"alpine" can match nothing; .* with one of docker, quay, such as docker\//],
    ["alpine:*", /can match nothing/],
    ["library/alpine:*", /can match nothing/],
    ["docker", /can match nothing/],
    ["nowhere/*", /can match nothing/],
    ["x*", /can match nothing/],
    ["", /can match nothing/],
    ["docker/library/alpine", /REGISTRY\/REPOSITORY:TAG such as docker\/library\/alpine:\*$/],
    ["docker/library/alpine:*", undefined],
    ["docker/*", undefined],
    ["*", undefined],
    ["*alpine:3.20", undefined],
    ["d*alpine", undefined],
    ["qua?/org/app:1", undefined],
    [`sha256:${"0".repeat(64)}`, undefined],
  ];
  for (const [pattern, expected] of table) {
    const found = pinDoubt(pattern, ["docker", "quay"]);
    if (expected) assert.match(found ?? "", expected, pattern);
    else assert.equal(found, undefined, pattern);
  }
});

Deno.test("pins and aliases that do nothing, or take a well-known name, are warnings with their key", async () => {
  const { config, warnings } = loaded(
    await loadYaml(
      [
        "cache:",
        "  pin: [alpine, docker/library/alpine:*, off/a:1]",
        "registries:",
        "  b:",
        "    url: https://b.example.com",
        "    aliases: [docker.io, bee, Bee]",
        "  c: { url: https://gcr.io, aliases: [c] }",
        "  off: { url: https://off.example.com, enabled: false }",
      ].join("\n"),
    ),
  );
  assert.equal(warnings.length, 4, warnings.join("\n"));
  const table = [
    /^config\.yaml:2:9: cache\.pin\[0\]: "alpine" can match nothing; expected a digest or /,
    /^config\.yaml:6:31: registries\.b\.aliases\[2\]: "Bee" stands for b already$/,
    /^config\.yaml:7:\d+: registries\.c\.aliases\[0\]: "c" stands for c already$/,
    /^config\.yaml:6:15: registries\.b\.aliases\[0\]: "docker\.io" now refers to this registry instead of the built-in docker$/,
  ];
  for (const [index, expected] of table.entries()) assert.match(warnings[index]!, expected);
  assert.deepEqual(config.registries.docker!.aliases, ["index.docker.io"]);
});

Deno.test("aliases that are another registry's name or alias are errors with their key", async () => {
  const yaml = (alias: string) =>
    `registries:\n  a: { url: https://a.test, aliases: [one] }\n` +
    `  b: { url: https://b.test, aliases: [${alias}] }\n`;
  const table: [string, RegExp][] = [
    [
      "docker",
      /^config\.yaml:3:\d+: registries\.b\.aliases\[0\]: "docker" already stands for the registry docker$/,
    ],
    ["one", /registries\.b\.aliases\[0\]: "one" already stands for the registry a$/],
  ];
  for (const [alias, expected] of table) {
    const [first, ...others] = problems(await loadYaml(yaml(alias)));
    assert.match(first!, expected);
    assert.deepEqual(others, []);
  }
});

Deno.test("a key that stands twice is named, and an open bracket is one problem", async () => {
  const table: [string, string][] = [
    ["log:\n  level: info\n  level: warn\n", "config.yaml:3:3: level stands here again"],
    ['"listen": ":1"\n"listen": ":2"\n', 'config.yaml:2:1: "listen" stands here again'],
    ["log: { level: info, level: warn }\n", "config.yaml:1:21: level stands here again"],
  ];
  for (const [text, expected] of table) {
    assert.deepEqual(problems(await loadYaml(text)), [
      `${expected}; expected each key once in its mapping`,
    ]);
  }
  for (const text of ["log: { level: info\n", "registries: { a: { url: https://a.test }\n"]) {
    const found = problems(await loadYaml(text));
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, /expected valid YAML or JSON: /);
  }
});

Deno.test("a registry by two names of which one is less strict is a warning", async () => {
  const yaml = (one: string, other: string, rules = "") =>
    `registries:\n  one: { url: "https://r.example.com", ${one} }\n` +
    `  other: { url: "https://r.example.com", ${other} }\n` +
    `policy: { rules: [${rules}] }\n`;
  const hold = "hold: { new_digest: 1h }";
  const rows: [text: string, expected: RegExp | undefined][] = [
    [
      yaml(hold, ""),
      /registries\.other: is one by another name, without its hold: what is refused/,
    ],
    [yaml(hold, hold), undefined],
    [yaml("", "", "{ action: deny, registries: [one] }"), /without its policy\.rules/],
    [yaml("", "", "{ action: deny, registries: [one, other] }"), undefined],
    [yaml("", "", "{ action: deny }"), undefined],
  ];
  for (const [text, expected] of rows) {
    const { warnings } = loaded(await loadYaml(text));
    const found = warnings.filter((line) => line.includes("by another name"));
    if (expected) assert.match(found.join("\n"), expected);
    else assert.deepEqual(found, [], text);
  }
});
