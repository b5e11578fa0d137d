import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { bytesByPackage, PURPOSES } from "../../deploy/dependencies.ts";

Deno.test("dependencies, each says what it is for, and is pinned", () => {
  assert.deepEqual(Object.keys(PURPOSES).toSorted(), Object.keys(deno.imports).toSorted());
  for (const [name, purpose] of Object.entries(PURPOSES)) assert.ok(purpose.length > 4, name);
  for (const [name, specifier] of Object.entries(deno.imports)) {
    assert.match(specifier, /^npm:.+@\d+\.\d+\.\d+$/, name);
  }
});

Deno.test("dependencies, what each weighs in a bundle", () => {
  const at = "// ../cache/npm/registry.npmjs.org";
  const bundle =
    `head\n// cli/a.ts\nours\n${at}/@a/b/1.0.0/x.js\n12345\n${at}/c/2.0.0/y.js\n12\n${at}/@a/b/1.0.0/z.mjs\nä\n`;
  assert.deepEqual([...bytesByPackage(bundle)], [["@a/b@1.0.0", 11], ["c@2.0.0", 4]]);
});
