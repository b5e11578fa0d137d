import assert from "node:assert/strict";
import { compare, gt, valid } from "semver";
import deno from "../../deno.json" with { type: "json" };
import { notesOf, releases } from "../../deploy/changelog.ts";
import { text } from "./files.ts";

const all = releases(text("CHANGELOG.md"));

Deno.test("CHANGELOG.md, its top is what deno.json is the version of", () => {
  const [top, next] = all;
  if (top!.name !== "Unreleased") return assert.equal(top!.name, deno.version);
  assert.ok(!next || gt(deno.version, next.name), `${deno.version} is released already`);
});

Deno.test("CHANGELOG.md, is kept as Keep a Changelog says", () => {
  const released = all.filter(({ name }) => name !== "Unreleased");
  assert.ok(all.length - released.length <= 1);
  for (const { name, date } of released) {
    assert.ok(valid(name), name);
    assert.match(date, /^\d{4}-\d\d-\d\d$/, name);
  }
  const versions = released.map(({ name }) => name);
  assert.deepEqual(versions, versions.toSorted(compare).toReversed());
  const dates = released.map(({ date }) => date);
  assert.deepEqual(dates, dates.toSorted().toReversed());
  const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  for (const { name, body } of all) {
    const headings = [...body.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading!);
    assert.notEqual(headings.length, 0, name);
    assert.deepEqual(headings, kinds.filter((kind) => headings.includes(kind)), name);
    assert.match(body, /^### /, `${name}: what stands before its first heading belongs below one`);
  }
});

Deno.test("releases, one by one, with a release's notes", () => {
  const sample = "# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2026-01-02\n\n### Added\n\n- A.\n";
  assert.deepEqual(releases(sample), [
    { name: "Unreleased", date: "", body: "" },
    { name: "1.0.0", date: "2026-01-02", body: "### Added\n\n- A." },
  ]);
  assert.equal(notesOf(sample, "1.0.0"), "### Added\n\n- A.\n");
  assert.throws(() => notesOf(sample, "1.1.0"), /has no "## \[1\.1\.0\] - DATE"/);
  assert.throws(() => releases("## 1.0.0\n"), /"## 1\.0\.0" is not/);
});
