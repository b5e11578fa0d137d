import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { getIn, leaves, setIn, type Tree } from "../../../../proxy/config/path.ts";
import { type Edit, EditError, editText } from "../../../../proxy/config/edit/edit.ts";

const GOLDEN = join(import.meta.dirname!, "..", "golden");
/** `UPDATE_GOLDEN=1 deno task test` writes what comes out as what is expected; look at the diff. */
const update = Deno.env.get("UPDATE_GOLDEN") === "1";

for (const { name } of [...Deno.readDirSync(GOLDEN)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const [, title, extension] = /^(.*)\.before\.(yaml|json)$/.exec(name) ?? [];
  if (!title) continue;
  Deno.test(`editText, golden: ${title}`, async () => {
    const read = (suffix: string) => Deno.readTextFile(join(GOLDEN, `${title}.${suffix}`));
    const edits = JSON.parse(await read("edits.json")) as { path: string[]; value?: unknown }[];
    const out = editText(await read(`before.${extension}`), edits as Edit[]);
    if (update) await Deno.writeTextFile(join(GOLDEN, `${title}.after.${extension}`), out);
    assert.equal(out, await read(`after.${extension}`));
    for (const { path, value } of edits) {
      const found = path.reduce<unknown>(
        (at, key) => (at as Record<string, unknown> | undefined)?.[key],
        parse(out),
      );
      assert.deepEqual(found, value, path.join("."));
    }
  });
}

Deno.test("editText, nothing to do changes not a byte", () => {
  const text = "a:   1\r\n# b\r\n";
  assert.equal(editText(text, []), text);
});

Deno.test("editText, what an alias shares is left alone", () => {
  const text = "registries:\n  a: &a { url: https://a }\n  b: *a\n";
  for (const name of ["a", "b"]) {
    const edit = { path: ["registries", name, "library"], value: true };
    assert.throws(() => editText(text, [edit]), (error) => {
      assert.ok(error instanceof EditError);
      assert.match(error.message, /^registries\.[ab]\.library is shared by a YAML alias; change/);
      return true;
    });
  }
});

Deno.test("editText, line ends stay what they are", () => {
  const text = "listen: :80 # x\r\nlog:\r\n  level: info\r\n";
  const edits = [
    { path: ["listen"], value: ":81" },
    { path: ["log", "format"], value: "json" },
  ];
  assert.equal(
    editText(text, edits),
    "listen: :81 # x\r\nlog:\r\n  level: info\r\n  format: json\r\n",
  );
  assert.equal(editText('{"a": 1}', [{ path: ["b"], value: 2 }]).at(-1), "}");
});

const TEXT = await Deno.readTextFile(join(import.meta.dirname!, "../../../../config.yaml"));

Deno.test("editText, whatever is set in config.yaml, that is set and no comment is lost", () => {
  const known = [...leaves(parse(TEXT) as Tree)].map(({ path }) => path);
  const path = fc.oneof(
    fc.constantFrom(...known),
    fc.constantFrom(["cache", "new"], ["registries", "new", "url"], ["new"], ["log", "a b"]),
  );
  const value = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.constantFrom("yes", "# x", "a: b", "${X}", "- a", "null", "1.0", "'", '"', "\\"),
  );
  const edits = fc.uniqueArray(fc.record({ path, value }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ path }) => path.join("."),
  });
  const comments = (text: string) => text.match(/^ *#.*$/gm)!.map((line) => line.trim());
  fc.assert(
    fc.property(edits, (edits) => {
      const out = editText(TEXT, edits);
      const expected = parse(TEXT) as Tree;
      for (const { path, value } of edits) setIn(expected, path, value);
      for (const { path, value } of edits) assert.deepEqual(getIn(parse(out), path), value);
      assert.deepEqual(parse(out), JSON.parse(JSON.stringify(expected)));
      assert.deepEqual(comments(out), comments(TEXT));
    }),
    { numRuns: 60 },
  );
});
