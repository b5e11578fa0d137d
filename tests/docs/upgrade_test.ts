import assert from "node:assert/strict";
import { join } from "node:path";
import { filesIn, text } from "../deploy/files.ts";

/** Named like files of `cache.dir`, and elsewhere: in bundles, depots and the source. */
const ELSEWHERE = [
  ...["berth-bundle.json", "index.json", "manifest.json", "berth-depot.json"],
  ...["build.json", "config.json", "openapi.json", "deno.json"],
];

Deno.test("docs, docs/upgrade.md has every file that Berth keeps in cache.dir", () => {
  const files = ["base", "cache", "cli", "proxy", "ui"].flatMap((dir) => filesIn(dir, ".ts"))
    .filter((file) => !file.startsWith(join("ui", "web")));
  const named = files.flatMap((file) =>
    [...text(file).matchAll(/["`/]([a-z-]+\.(?:json|db|sock))["`]/g)].map(([, name]) => name!)
  );
  const found = [...new Set(named)].filter((name) => !ELSEWHERE.includes(name));
  assert.ok(found.length >= 12, found.join());
  const table = text("docs/upgrade.md").split("Back up")[0]!;
  assert.deepEqual(found.filter((name) => !table.includes(`\`${name}\``)), []);
});
