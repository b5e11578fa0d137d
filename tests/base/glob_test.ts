import assert from "node:assert/strict";
import { globPattern, wideGlobPattern } from "../../base/glob.ts";

Deno.test("globPattern, one star stays within a segment; a double one crosses", () => {
  const cases: [glob: string, name: string, expected: boolean][] = [
    ["library/*", "library/alpine", true],
    ["library/*", "library/a/b", false],
    ["**", "a/b/c", true],
    ["a.c", "abc", false],
    ["a*c", "abbc", true],
    ["app", "app2", false],
    ["app", "my/app", false],
    ["v?", "v1", true],
    ["v?", "v/", false],
    ["***", "a/b", true],
  ];
  for (const [glob, name, expected] of cases) {
    assert.equal(globPattern(glob).test(name), expected, `${glob} ${name}`);
  }
});

Deno.test("wideGlobPattern, a single star crosses slashes", () => {
  const table: [glob: string, name: string, matches: boolean][] = [
    ["docker/library/alpine:*", "docker/library/alpine:3.20", true],
    ["docker/library/alpine:*", "docker/library/alpine2:3.20", false],
    ["docker/*", "docker/library/alpine:3.20", true],
    ["docker/library/alpine", "docker/library/alpine:3.20", false],
    ["*:latest", "quay/a/b:latest", true],
    ["*:v?.0", "quay/a/b:v1.0", true],
    ["*:v?.0", "quay/a/b:v10.0", false],
    ["a.b/(c):[d]", "a.b/(c):[d]", true],
    ["a.b/c:d", "axb/c:d", false],
  ];
  for (const [glob, name, matches] of table) {
    assert.equal(wideGlobPattern(glob).test(name), matches, `${glob} on ${name}`);
  }
});
