import assert from "node:assert/strict";
import { SCRIPTS } from "../../cli/completions/script.ts";
import { COMMANDS, isGroup, SHELLS } from "../../cli/commands.ts";
import { OPTIONS } from "../../proxy/config/options.ts";

for (const shell of SHELLS) {
  Deno.test(`completions, ${shell} knows every command and every flag`, () => {
    const script = SCRIPTS[shell]();
    for (const { name } of COMMANDS) {
      for (const word of name.split(" ")) assert.match(script, new RegExp(`\\b${word}\\b`), name);
    }
    for (const { flag, path } of OPTIONS) {
      if (path.includes("*")) continue;
      const written = shell === "fish" ? `-l ${flag.slice(2)} ` : flag;
      assert.ok(script.includes(written), flag);
    }
    assert.doesNotMatch(script, /undefined|\[object|NAME/);
  });
}

/** What bash offers for a line that ends where the cursor is. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `${SCRIPTS.bash()}
COMP_WORDS=(berth ${quoted}); COMP_CWORD=${words.length}
_berth
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euc", script],
    clearEnv: true,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

const offers: [line: string[], offered: string[]][] = [
  [["conf"], ["config"]],
  [["config", ""], ["check", "print", "migrate"]],
  [["completions", ""], ["bash", "zsh", "fish"]],
  [["config", "print", "--js"], ["--json"]],
  [["--cache-max"], ["--cache-max-size", "--cache-max-age"]],
  [["serve", "--cache-max-s"], ["--cache-max-size"]],
  [["--log-level", "w"], ["warn"]],
  [["--log-level", "="], ["debug", "info", "warn", "error"]],
  [["--log-level", "=", "e"], ["error"]],
  [["cache", "ls", "--sort", ""], ["size", "used", "hits"]],
  [["--cache-max-size", ""], []],
  [["--cache-dir", "/et"], ["/etc"]],
];
const windows = Deno.build.os === "windows";
for (const [words, offered] of offers) {
  Deno.test({
    name: `completions, bash, berth ${words.join(" ")}`,
    ignore: windows,
    fn: async () => assert.deepEqual(await bashOffers(...words), offered),
  });
}

Deno.test("completions, no heading of commands is completed as one", () => {
  const zsh = SCRIPTS.zsh();
  for (const group of COMMANDS.filter((command) => isGroup(command))) {
    assert.doesNotMatch(zsh, new RegExp(`^    "${group.name}"\\)`, "m"));
  }
});
