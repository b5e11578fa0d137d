import assert from "node:assert/strict";
import { BadPattern, fitting, parsePattern } from "../../base/image_pattern.ts";

const TAGS = [
  "latest",
  "1",
  "1.27",
  "1.27.3",
  "1.27.10",
  "1.28.0",
  "2.0.0",
  "1.28.1-rc1",
  "v1.2.0",
];

Deno.test("parsePattern, the name and which tags, the newest first", () => {
  const cases: [string, string, string[]][] = [
    ["nginx", "nginx", ["latest"]],
    ["docker/library/nginx:1.27", "docker/library/nginx", ["1.27"]],
    ["localhost:5000/app", "localhost:5000/app", ["latest"]],
    ["localhost:5000/app:1.27.*", "localhost:5000/app", ["1.27.10", "1.27.3"]],
    ["nginx:1.2?", "nginx", ["1.27"]],
    ["nginx:^1.27", "nginx", ["1.28.0", "1.27.10", "1.27.3"]],
    ["nginx:>=1.28 <3", "nginx", ["2.0.0", "1.28.0"]],
    ["nginx:~1.2.0", "nginx", ["v1.2.0"]],
    ["nginx:/^1\\.\\d+$/", "nginx", ["1.27"]],
    ["quay/org/*:/^v\\d:?/", "quay/org/*", ["v1.2.0"]],
    ["nginx:*", "nginx", ["2.0.0", "1.28.1-rc1", "1.28.0", "1.27.10", "1.27.3"]],
  ];
  for (const [text, name, tags] of cases) {
    const pattern = parsePattern(text);
    assert.equal(pattern.name, name, text);
    assert.deepEqual(fitting(pattern.tag, TAGS).slice(0, 5), tags, text);
  }
  const digest = `sha256:${"a".repeat(64)}`;
  const pinned = parsePattern(`quay/org/app:1@${digest}`);
  assert.deepEqual([pinned.name, fitting(pinned.tag, TAGS)], ["quay/org/app", [digest]]);
});

Deno.test("fitting, keeps the newest", () => {
  const { tag } = parsePattern("nginx:^1.27");
  assert.deepEqual(fitting(tag, TAGS).slice(0, 2), ["1.28.0", "1.27.10"]);
});

Deno.test("parsePattern, says what it expected", () => {
  const cases: [string, RegExp][] = [
    ["", /"": expected an image/],
    [":1", /expected/],
    ["nginx:", /expected a tag/],
    ["nginx:^one", /expected a range of versions/],
    ["nginx:/[/", /expected a regular expression/],
    ["nginx:a b", /expected a tag/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parsePattern(text), (error) => {
      assert.ok(error instanceof BadPattern, text);
      assert.match(error.message, message, text);
      return true;
    });
  }
});
