import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { filesIn, text, values } from "./files.ts";

const CHART = "deploy/helm/berth";

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}

/** Holds the keys of the values against those of the schema, wherever the schema lists all. */
function compare(found: unknown, schema: Schema, path: string): void {
  if (schema.additionalProperties !== false || !schema.properties) return;
  const keys = Object.keys(found as object).toSorted();
  const known = Object.keys(schema.properties).filter((key) => key !== "global").toSorted();
  assert.deepEqual(keys, known, path || "values.yaml");
  for (const key of keys) {
    compare((found as Record<string, unknown>)[key], schema.properties[key]!, `${path}.${key}`);
  }
}

Deno.test("chart, values.yaml and its schema have the same keys", () => {
  compare(values(`${CHART}/values.yaml`), values(`${CHART}/values.schema.json`) as Schema, "");
});

Deno.test("chart, templates use values that exist", () => {
  const all = values(`${CHART}/values.yaml`);
  const files = [".yaml", ".tpl", ".txt"].flatMap((end) => filesIn(`${CHART}/templates`, end));
  for (const file of files) {
    for (const [, path = ""] of text(file).matchAll(/\.Values\.([\w.]+)/g)) {
      let value: unknown = all;
      for (const key of path.split(".")) {
        assert.ok(Object.hasOwn(value as object, key), `${file}: .Values.${path}`);
        value = (value as Record<string, unknown>)[key];
      }
    }
  }
});

const path = (Deno.env.get("PATH") ?? "").split(":");

Deno.test({
  name: "chart, helm lints and renders it",
  ignore: !path.some((dir) => existsSync(join(dir, "helm"))),
  async fn() {
    const cwd = new URL(`../../${CHART}`, import.meta.url);
    const render = ["template", "berth", ".", "--kube-version", "1.31.0"];
    for (const args of [["lint", "--strict", "."], render]) {
      const { success, stderr } = await new Deno.Command("helm", { args, cwd }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
    }
  },
});
