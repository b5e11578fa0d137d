/** Links between the pages of the documentation lead somewhere. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname!, "../..");
const PAGES = [
  ...["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"].map((name) =>
    join(ROOT, name)
  ),
  ...[...Deno.readDirSync(join(ROOT, "docs"))].filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => join(ROOT, "docs", name)),
];

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(text: string): Set<string> {
  return new Set(
    text.matchAll(/^#{1,6} (.+)$/gm).map(([, title]) =>
      title!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
    ),
  );
}

Deno.test("docs, every link to a page, file or heading leads to one", async () => {
  const wrong: string[] = [];
  for (const page of PAGES) {
    const text = await Deno.readTextFile(page);
    const prose = text.replaceAll(/^```.*?^```/gms, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      const known = existsSync(file) &&
        (anchor === undefined || anchorsOf(await Deno.readTextFile(file)).has(anchor));
      if (!known) wrong.push(`${relative(ROOT, page)}: ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("docs, every page is reached from the README", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const missing = PAGES.map((page) => relative(ROOT, page))
    .filter((page) => page.startsWith("docs/") && !readme.includes(`(${page}`));
  assert.deepEqual(missing, []);
});
