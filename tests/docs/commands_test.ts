/** Commands in the documentation exist: berth's with their flags, and deno.json's tasks. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { COMMANDS, isGroup } from "../../cli/commands.ts";
import { parseCommandLine } from "../../cli/command_line.ts";
import deno from "../../deno.json" with { type: "json" };

const ROOT = join(import.meta.dirname!, "../..");
/** Of other tools: their flags are read in another way, and tests/docs/migrate_test.ts tries them. */
const OTHERS = ["migrate.md"];

/** The pages for users. */
function pages(): string[] {
  const docs = [...Deno.readDirSync(join(ROOT, "docs"))].map(({ name }) => `docs/${name}`);
  return ["README.md", "SECURITY.md", ...docs].filter((name) => name.endsWith(".md"));
}

/** Lines of the shell and what stands in backticks, with the page they are on. */
async function* commands(): AsyncGenerator<{ page: string; command: string }> {
  for (const page of pages()) {
    if (OTHERS.some((name) => page.endsWith(`/${name}`))) continue;
    const text = await Deno.readTextFile(join(ROOT, page));
    const blocks = [...text.matchAll(/^```sh.*\n([^]*?)^```/gm)].flatMap(([, code]) =>
      code!.replaceAll("\\\n", " ").split("\n")
    );
    const inline = [...text.replaceAll(/^```.*?^```/gms, "").matchAll(/`([^`]+)`/g)]
      .map(([, code]) => code!.replaceAll(/\s+/g, " "));
    for (const command of [...blocks, ...inline]) yield { page, command };
  }
}

/** Blocks of shell, each with its page and line. */
async function* blocks(): AsyncGenerator<{ at: string; code: string }> {
  for (const page of pages()) {
    const text = await Deno.readTextFile(join(ROOT, page));
    for (const { 1: code, index } of text.matchAll(/^```sh.*\n([^]*?)^```/gm)) {
      yield { at: `${page}:${text.slice(0, index).split("\n").length}`, code: code! };
    }
  }
}

/** What `berth` is given in `command`; undefined where it starts something else or the server. */
function argumentsOf(command: string): string[] | undefined {
  const [, rest] =
    /(?:^|\| |sudo |dist\/|\$ )berth ((?:[a-z]|--help|--version)[^#|]*)/.exec(command) ??
      [];
  return rest?.match(/(?:'[^']*'|"[^"]*"|\S)+/g)?.map((word) => word.replaceAll(/["']/g, ""));
}

/** What is wrong with `args`; undefined where nothing is. */
function complaint(args: string[]): string | undefined {
  if (args[0]!.startsWith("--")) return undefined;
  const named =
    COMMANDS.filter(({ name }) => `${args.join(" ")} `.startsWith(`${name} `)).sort((a, b) =>
      b.name.length - a.name.length
    )[0];
  if (!named) return "there is no such command";
  const rest = args.slice(named.name.split(" ").length);
  if (isGroup(named)) return rest.length === 0 ? undefined : "there is no such command";
  if (rest.length === 0) return undefined; // As prose speaks of it: `berth pull`.
  try {
    parseCommandLine(named, rest);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

Deno.test("docs, every command of berth exists, with its flags", async () => {
  const wrong: string[] = [];
  let count = 0;
  for await (const { page, command } of commands()) {
    const args = argumentsOf(command);
    if (!args) continue;
    count++;
    const why = complaint(args);
    if (why) wrong.push(`${page}: berth ${args.join(" ")}: ${why}`);
  }
  assert.ok(count > 40, `${count} commands were found`);
  assert.deepEqual(wrong, []);
});

Deno.test("docs, every task of deno exists", async () => {
  for await (const { page, command } of commands()) {
    const [, task] = /deno(?:@\S+)? task ([a-z0-9-]+)/.exec(command) ?? [];
    if (task) assert.ok(task in deno.tasks, `${page}: ${command}`);
  }
});

Deno.test("docs, what is said to be shell is, to the last quote", async () => {
  const wrong: string[] = [];
  for await (const { at, code } of blocks()) {
    const { success, stderr } = await new Deno.Command("sh", {
      args: ["-nc", code],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) wrong.push(`${at}: ${new TextDecoder().decode(stderr)}`);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("docs, Node is enough wherever Deno is called", async () => {
  const wrong: string[] = [];
  for await (const { at, code } of blocks()) {
    // "From source", which says what stands for it.
    if (at.startsWith("README.md") && code.startsWith("deno task dev")) continue;
    if (/^(?:.* )?deno (?:task|serve|run)\b/m.test(code)) wrong.push(at);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("docs, the API is asked with a token: it takes no password", async () => {
  for await (const { page, command } of commands()) {
    if (!/\bcurl .*\/api\/v1\//.test(command)) continue;
    const open = /openapi\.json|-H "\$(?:token|auth)"|Authorization: Bearer/;
    assert.match(command, open, page);
  }
});
