import assert from "node:assert/strict";
import { join } from "node:path";
import { COMMANDS } from "../../cli/commands.ts";
import { commandHelp, mainHelp } from "../../cli/help.ts";
import { COLOURED, PLAIN, styleFor } from "../../cli/style.ts";

const golden = join(import.meta.dirname!, "golden");

/** Compares with a golden file; `UPDATE_GOLDEN=1 deno task test tests/cli` writes it instead. */
async function assertGolden(name: string, text: string): Promise<void> {
  const file = join(golden, `${name}.txt`);
  if (Deno.env.has("UPDATE_GOLDEN")) await Deno.writeTextFile(file, text + "\n");
  const expected = await Deno.readTextFile(file).catch(() => "");
  assert.equal(
    text + "\n",
    expected,
    `${name}: if it is meant, write it down with UPDATE_GOLDEN=1 deno task test tests/cli`,
  );
}

Deno.test("mainHelp, berth --help", () => assertGolden("berth", mainHelp(PLAIN)));

for (const command of COMMANDS) {
  const name = command.name.replaceAll(" ", "-");
  Deno.test(`commandHelp, berth ${command.name} --help`, () =>
    assertGolden(name, commandHelp(command, PLAIN)));

  Deno.test(`commandHelp, berth ${command.name}, examples come first and lines are short`, () => {
    const lines = commandHelp(command, PLAIN).split("\n");
    assert.equal(lines[2], "Examples:");
    for (const line of lines) assert.ok(line.length <= 100, line);
  });
}

Deno.test("commandHelp, colours change nothing but the colours", () => {
  for (const command of COMMANDS) {
    const coloured = commandHelp(command, COLOURED);
    assert.ok(coloured.includes("\x1b[1m"));
    // deno-lint-ignore no-control-regex
    assert.equal(coloured.replaceAll(/\x1b\[\d+m/g, ""), commandHelp(command, PLAIN));
  }
});

const styles = [
  { terminal: true, env: { TERM: "xterm" }, coloured: true },
  { terminal: false, env: { TERM: "xterm" }, coloured: false },
  { terminal: true, env: { TERM: "xterm", NO_COLOR: "1" }, coloured: false },
  { terminal: true, env: { TERM: "xterm", NO_COLOR: "" }, coloured: true },
  { terminal: true, env: { TERM: "dumb" }, coloured: false },
];
for (const { terminal, env, coloured } of styles) {
  Deno.test(`styleFor, terminal ${terminal}, ${JSON.stringify(env)}`, () => {
    assert.equal(styleFor(terminal, env), coloured ? COLOURED : PLAIN);
  });
}
