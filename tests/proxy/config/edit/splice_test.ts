/** What an edit leaves alone, over files that people might have written. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { type Edit, editText } from "../../../../proxy/config/edit/edit.ts";

/** A file as lines, with keys that never meet those that are added. */
interface Written {
  readonly text: string;
}

const word = fc.constantFrom("alpha", "beta", "gamma", "delta", "omega", "kappa");
const comment = fc.constantFrom("", "", "", "  # lined up", "\t# by a tab", " # a: b", "   # [x]");
const scalar = fc.constantFrom(
  ...["1", "true", "plain text", "'single'", '"double # not a comment"', ":8080", "10m"],
  "a string that is rather long, so that a writer who folds lines would fold it, and goes on and on",
  "[a,   b]",
  "[ x, 'y, z' ]",
  "{a: 1,  b: {c: 2}}",
  "{ url: https://a.example,   library: true }",
  "[]",
  "{}",
);

/** A block mapping at some depth, written with an indentation of its own. */
function mapping(depth: number): fc.Arbitrary<(indent: string) => string[]> {
  const leaf = fc.tuple(scalar, comment).map(([value, note]) => ({
    lines: undefined,
    value,
    note,
  }));
  const value = depth === 0 ? leaf : fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.tuple(mapping(depth - 1), fc.constantFrom(1, 2, 3, 4), comment)
        .map(([inner, step, note]) => ({
          lines: (indent: string) => inner(indent + " ".repeat(step)),
          value: "",
          note,
        })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.array(scalar, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0, 2, 4),
      )
        .map(([items, step]) => ({
          lines: (indent: string) => items.map((item) => `${indent}${" ".repeat(step)}- ${item}`),
          value: "",
          note: "",
        })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("|", ">-", "|+").map((sign) => ({
        lines: (indent: string) => [`${indent}  some text`, `${indent}  # that is no comment`],
        value: sign,
        note: "",
      })),
    },
  );
  const above = fc.constantFrom<string[]>([], [], [], [""], ["# above"], ["", "# of its own", ""]);
  return fc.uniqueArray(fc.tuple(word, value, above), {
    minLength: 1,
    maxLength: 4,
    selector: ([key]) => key,
  }).map((pairs) => (indent: string) =>
    pairs.flatMap(([key, { lines, value, note }, before]) => [
      ...before.map((line) => line && indent + line),
      `${indent}${key}:${value ? ` ${value}` : ""}${note}`,
      ...(lines?.(indent) ?? []),
    ])
  );
}

const written: fc.Arbitrary<Written> = fc.tuple(
  mapping(2),
  fc.boolean(),
  fc.boolean(),
  fc.constantFrom<string[]>([], ["# The head of the file.", ""], ["---"]),
  fc.constantFrom<string[]>([], ["base: &base { x: 1 }", "other: *base"]),
).map(([lines, crlf, ended, head, tail]) => {
  const newline = crlf ? "\r\n" : "\n";
  return { text: [...head, ...lines(""), ...tail].join(newline) + (ended ? newline : "") };
});

const added: fc.Arbitrary<Edit[]> = fc.constantFrom<Edit[]>(
  [{ path: ["new"], value: "x" }],
  [{ path: ["new"], value: ["a: b", "c"] }],
  [
    { path: ["new", "own", "url"], value: "https://new.example" },
    { path: ["new", "own", "auth", "password"], value: "p: #1, [x]" },
    { path: ["new", "own", "hosts"], value: ["r.example"] },
  ],
);

const paths = (tree: unknown): string[][] =>
  typeof tree !== "object" || tree === null || Array.isArray(tree) ? [] : Object.entries(tree)
    .flatMap(([key, value]) => [[key], ...paths(value).map((path) => [key, ...path])]);

Deno.test("editText, what was added and taken away again leaves the file as it was", () => {
  fc.assert(
    fc.property(written, added, fc.nat(), ({ text }, edits, where) => {
      const maps = [[], ...paths(parse(text))].filter((path) => {
        const value = path.reduce((at, key) => (at as Record<string, unknown>)[key], parse(text));
        const sharing = path[0] === "base" || path[0] === "other";
        return !sharing && typeof value === "object" && value !== null && !Array.isArray(value);
      });
      const base = maps[where % maps.length]!;
      const at = edits.map(({ path, value }) => ({ path: [...base, ...path], value }));
      const more = editText(text, at);
      assert.notEqual(more, text);
      assert.equal(editText(more, [{ path: [...base, "new"], value: undefined }]), text);
    }),
    { numRuns: 300 },
  );
});

Deno.test("editText, a value that changes leaves every other line as it was", () => {
  fc.assert(
    fc.property(written, fc.nat(), fc.constantFrom("z", 7, ["q"]), ({ text }, which, value) => {
      const known = paths(parse(text)).filter(([first, ...rest]) =>
        first !== "base" && first !== "other" && first !== undefined && rest.length < 9
      );
      const path = known[which % known.length]!;
      const out = editText(text, [{ path, value }]);
      const before = text.split("\n");
      const after = out.split("\n");
      let same = 0;
      while (same < after.length && after[same] === before[same]) same++;
      let end = 0;
      while (end < after.length - same && after.at(-1 - end) === before.at(-1 - end)) end++;
      assert.ok(
        after.length - same - end <= 1,
        `more than one line differs:\n${text}\n---\n${out}`,
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("editText, adds a registry to a file in any style and touches no other line", () => {
  const text = [
    "listen: :80            # plain",
    "public_url: https://r  # lined up",
    "registries:",
    "    own:",
    "      url: https://own.example      # two under four",
    "      auth: { username: a,   password: b }",
    "cache:",
    "  dir: /data",
    "",
  ].join("\n");
  const out = editText(text, [{
    path: ["registries", "new", "url"],
    value: "https://new.example",
  }]);
  const lines = out.split("\n");
  assert.deepEqual(lines.splice(6, 2), ["    new:", "      url: https://new.example"]);
  assert.equal(lines.join("\n"), text);
});
