/** docs/outages.md says of a registry that goes down and comes back what the log does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { changeLine } from "../../cli/watching.ts";
import type { Reason } from "../../proxy/upstream/watch/finding.ts";

const page = await Deno.readTextFile(join(import.meta.dirname!, "../../docs/outages.md"));

function line(reason: Reason, message: string, lasted = 0): string {
  const verdict = { up: reason === "ok", reason, message, since: 0, checkedAt: 0, lastOk: 0 };
  return changeLine({ registry: "docker", verdict, lasted });
}

Deno.test("docs/outages.md, the lines of the log", () => {
  const shown = [...page.matchAll(/^ {2}\d{4}-\S+Z (?:WARN|INFO) {2}(.*)$/gm)].map(([, text]) =>
    text
  );
  assert.deepEqual(shown, [
    line("connect", "the connection was refused"),
    line("ok", "", (3 * 60 + 36) * 1000),
  ]);
});

Deno.test("the log promises no tags of a registry that rejects the credentials", () => {
  const told = line("auth", "it rejected Berth's credentials (401)");
  assert.match(told, /tags that have to be checked fail/);
  assert.doesNotMatch(told, /still served/);
});
