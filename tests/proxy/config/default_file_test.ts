import assert from "node:assert/strict";
import { join } from "node:path";
import { isAlias, parseDocument, visit } from "yaml";
import { OPTIONS } from "../../../proxy/config/options.ts";
import { getIn, isTree } from "../../../proxy/config/path.ts";
import { load, loaded, loadYaml } from "./fixture.ts";

const text = await Deno.readTextFile(join(import.meta.dirname!, "../../../config.yaml"));

Deno.test("config.yaml, is valid and says what the defaults are", async () => {
  const { config } = loaded(await loadYaml(text));
  assert.deepEqual(config, loaded(await load({ env: { container: "oci" } })).config);
});

Deno.test("config.yaml, holds every key", () => {
  const tree: unknown = parseDocument(text).toJS();
  for (const { path } of OPTIONS) {
    const filled = path.map((segment) => segment === "*" ? "docker" : segment);
    const commented = new RegExp(`^ *# +${path.at(-1)}:`, "m").test(text);
    const there = getIn(tree, filled) !== undefined && !isTree(getIn(tree, filled)) ||
      JSON.stringify(getIn(tree, filled)) === "{}";
    assert.ok(there || (path.includes("*") && commented), path.join("."));
  }
});

Deno.test("config.yaml, uses nothing of YAML that needs explaining", () => {
  visit(parseDocument(text), (_, node) => assert.ok(!isAlias(node)));
  assert.doesNotMatch(text, /\t| $/m);
  assert.ok(text.split("\n").every((line) => line.length <= 100));
});
