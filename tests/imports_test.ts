import assert from "node:assert/strict";
import { dirname, join, normalize, relative } from "node:path";

const root = join(import.meta.dirname!, "..");

/** What a file in `place` may import, as prefixes of paths in this repository. First match counts. */
const RULES: [place: RegExp, allowed: RegExp][] = [
  [/^base\//, /^base\//],
  [/^cache\//, /^(cache|base)\//],
  [/^proxy\/oci\//, /^proxy\/oci\//],
  [/^proxy\/config\//, /^proxy\/config\/|^base\//],
  [/^proxy\/upstream\//, /^proxy\/(upstream|oci|config|http|observe)\/|^base\//],
  [/^proxy\/forward\//, /^proxy\/(?!app\.ts)|^base\//],
  [/^proxy\//, /^(proxy|cache|base)\//],
  [/^ui\//, /^(ui|proxy|cache|base)\//],
  [/^cli\//, /^(cli|ui|proxy|cache|base)\/|^(deno\.json|config\.yaml)$/],
  [/^main\.ts$/, /^(cli|ui|proxy|cache|base)\//],
];

function* sources(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(join(root, dir))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory && entry.name !== "dist") yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function imports(path: string): { target: string; typeOnly: boolean }[] {
  const text = Deno.readTextFileSync(join(root, path));
  const found = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;"']*?["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/gm,
  );
  return [...found].map(([, typeOnly, stated, dynamic]) => ({
    target: normalize(join(dirname(path), (stated ?? dynamic)!)),
    typeOnly: typeOnly !== undefined,
  }));
}

const files = [
  "main.ts",
  ...["base", "cache", "proxy", "ui", "cli"].flatMap((dir) => [...sources(dir)]),
];

Deno.test("imports, go one way: cache, proxy, ui, cli, main", () => {
  assert.ok(files.length > 3, relative(root, import.meta.filename!));
  for (const file of files) {
    const rule = RULES.find(([place]) => place.test(file));
    assert.ok(rule, `${file} stands outside the layout`);
    for (const { target } of imports(file)) {
      assert.match(target, rule[1], `${file} may not import ${target}`);
    }
  }
});

Deno.test("imports, pages of the dashboard take only types from the server's side", () => {
  for (const file of files.filter((file) => /\.tsx$|^ui\/web\//.test(file))) {
    for (const { target, typeOnly } of imports(file)) {
      assert.ok(
        typeOnly || !/^(proxy|cache)\/|^ui\/([a-z_]+\.ts$|api\/)/.test(target),
        `${file} imports code from ${target}`,
      );
    }
  }
});

Deno.test("imports, nothing comes from the network or JSR", () => {
  for (const file of files) {
    const text = Deno.readTextFileSync(join(root, file));
    assert.doesNotMatch(text, /(from |import\()["'](jsr:|https?:)/, file);
  }
});

Deno.test("imports, proxy/serverless.ts reaches nothing of Node's or Deno's", () => {
  const reached = new Set(["proxy/serverless.ts"]);
  for (const file of reached) {
    const text = Deno.readTextFileSync(join(root, file));
    assert.doesNotMatch(text, /["']node:|\bDeno\.\w/, file);
    for (const { target, typeOnly } of imports(file)) if (!typeOnly) reached.add(target);
  }
});
