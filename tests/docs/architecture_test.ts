/** docs/architecture.md names files, folders and rooms that are there, and every room. */
import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "../..");
const page = await Deno.readTextFile(join(ROOT, "docs/architecture.md"));
const SOURCES = ["base", "cache", "cli", "proxy", "ui"];

/** Every file and folder of the sources, folders with a slash at their end. */
async function* below(dir: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, dir))) {
    const path = `${dir}/${name}${isDirectory ? "/" : ""}`;
    yield path;
    if (isDirectory && name !== "dist") yield* below(`${dir}/${name}`);
  }
}

Deno.test("docs/architecture.md, each file and folder that it names is there", async () => {
  const paths = ["main.ts", ...SOURCES.map((name) => `${name}/`), "tests/imports_test.ts"];
  for (const dir of SOURCES) paths.push(...await Array.fromAsync(below(dir)));
  const named = [...page.replaceAll(/^```.*?^```/gms, "").matchAll(/`([\w./]+(?:\.ts|\/))`/g)]
    .map(([, name]) => name!);
  assert.ok(named.length > 80, `${named.length} names were found`);
  const missing = named.filter((name) =>
    !paths.some((path) => path === name || path.endsWith(`/${name}`))
  );
  assert.deepEqual(missing, []);
});

Deno.test("docs/architecture.md, each room has a row", async () => {
  for (const dir of ["cache", "proxy"]) {
    for await (const { name, isDirectory } of Deno.readDir(join(ROOT, dir))) {
      if (isDirectory) assert.ok(page.includes(`| \`${dir}/${name}/\` `), `${dir}/${name}`);
    }
  }
});
