/** The documentation's pictures: those that the script takes, each used, in both themes, and small. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SHOTS, THEMES } from "../e2e/harness/docs_pictures.ts";

const ROOT = join(import.meta.dirname!, "../..");
const DOCS = join(ROOT, "docs");
const LARGEST = 130_000;

Deno.test("docs, pictures are what deno task screenshots takes, used and small", async () => {
  const names = SHOTS.flatMap(({ name }) => THEMES.map((theme) => `${name}-${theme}.png`));
  const there = [...Deno.readDirSync(DOCS)].map(({ name }) => name).filter((name) =>
    /\.(png|jpe?g|gif|webp)$/.test(name)
  );
  assert.deepEqual(there.toSorted(), names.toSorted());
  const page = await Deno.readTextFile(join(DOCS, "tour.md"));
  for (const name of names) {
    assert.ok(page.includes(`"${name}"`), name);
    const { size } = await Deno.stat(join(DOCS, name));
    assert.ok(size < LARGEST, `${name}: ${size} bytes`);
  }
});
