/** What pages quote of the log is what Berth writes. */
import assert from "node:assert/strict";
import { filesIn, text } from "../deploy/files.ts";

/** The source, with strings in one piece that the formatter has broken. */
const source = ["base", "cache", "cli", "proxy", "ui"].flatMap((dir) => filesIn(dir, ".ts"))
  .map((file) => text(file).replaceAll(/["`] \+\s+["`]/g, "")).join("\n");

/** What of `message`, between what differs, nobody says; a sentence may be put together of several. */
function unsaid(message: string, differs: RegExp): string[] {
  const pieces = message.split(differs).flatMap((part) => part.split(/[:;] /))
    .map((piece) => piece.trim().replace(/[:;]$/, "")).filter((it) => it.length > 3);
  assert.ok(pieces.length > 0, message);
  return pieces.filter((piece) => !source.includes(piece));
}

Deno.test("docs, docs/replicas.md quotes the log as it is", () => {
  const section = text("docs/replicas.md").split("## What is wrong")[1]!.split("\n## ")[0]!;
  const quoted = [...section.replaceAll(/\s+/g, " ").matchAll(/(?<!\w)_(.+?)_(?!\w)/g)];
  assert.ok(quoted.length >= 9, `${quoted.length}`);
  for (const [, message] of quoted) {
    assert.deepEqual(unsaid(message!, /\(…\)|behind|…/), [], message);
  }
});

Deno.test("docs, docs/outages.md quotes the log as it is", () => {
  const lines = [...text("docs/outages.md").matchAll(/^ *\S+Z (?:WARN|INFO) +(.+)$/gm)];
  assert.equal(lines.length, 2);
  for (const [, line] of lines) {
    assert.deepEqual(unsaid(line!, /docker|the connection was refused|3m36s/), [], line);
  }
});
