import assert from "node:assert/strict";
import { COMMANDS, isGroup } from "../../cli/commands.ts";
import { runCommand, type Runners } from "../../cli/run.ts";
import { PLAIN } from "../../cli/style.ts";

/** What a command line came to: which command ran with what, what was said, the exit code. */
async function outcome(...args: string[]) {
  const ran: string[] = [];
  const said: string[] = [];
  const names = COMMANDS.filter((command) => !isGroup(command)).map(({ name }) => name);
  const runners: Runners = Object.fromEntries(names.map((name) => [name, (rest: string[]) => {
    ran.push([name, ...rest].join(" | "));
    return Promise.resolve(7);
  }]));
  const say = (text: string) => void said.push(text);
  const code = await runCommand(args, { print: say, complain: say, style: PLAIN }, runners);
  return { ran, first: said.join("\n").split("\n")[0]!, code };
}

const runs: [args: string, ran: string][] = [
  ["", "serve"],
  ["serve", "serve"],
  ["--listen :80", "serve | --listen | :80"],
  ["-listen=:80 -c x.yaml", "serve | -listen=:80 | -c | x.yaml"],
  ["--path-names --allow-push=false", "serve | --path-names | --allow-push=false"],
  ["--registries-mine-url https://x.example", "serve | --registries-mine-url | https://x.example"],
  ["-port 80", "serve | -port | 80"],
  ["config print --json --cache-dir /d", "config print | --json | --cache-dir | /d"],
  ["config migrate -o -", "config migrate | -o | -"],
  [
    "cache evict docker/library/alpine --dry-run",
    "cache evict | docker/library/alpine | --dry-run",
  ],
  ["completions zsh", "completions | zsh"],
  ["version", "version"],
  ["--version", "version"],
  ["-v", "version"],
];
for (const [args, ran] of runs) {
  Deno.test(`runCommand, "berth ${args}" runs ${ran.split(" | ")[0]}`, async () => {
    const result = await outcome(...args.split(" ").filter(Boolean));
    assert.deepEqual(result, { ran: [ran], first: "", code: 7 });
  });
}

const refusals: [args: string, message: string][] = [
  ["serv", 'there is no command "serv"; did you mean serve?'],
  ["config chek", 'there is no command "config chek"; did you mean config check?'],
  ["cache", "expected berth cache ls|stat|images|pin|unpin|evict|verify [flags]"],
  ["help nothing", 'there is no command "nothing"'],
  ["--lisen :80", "unknown flag --lisen; did you mean --listen?"],
  ["--cache-maxsize=1g", "unknown flag --cache-maxsize; did you mean --cache-max-size?"],
  ["config print --jsn", "unknown flag --jsn; did you mean --json?"],
  ["config check extra", 'unexpected "extra"'],
  ["hash-password secret", 'unexpected "secret"'],
  ["completions", "expected one of bash, zsh, fish"],
  ["completions bsh", 'unexpected "bsh"; did you mean bash?'],
  ["completions bash zsh", 'unexpected "zsh"'],
  ["version --cache-dir x", "unknown flag --cache-dir"],
  ["--listen", "--listen needs a value"],
];
for (const [args, message] of refusals) {
  Deno.test(`runCommand, "berth ${args}" is refused`, async () => {
    const result = await outcome(...args.split(" "));
    assert.deepEqual(result, { ran: [], first: `berth: ${message}`, code: 2 });
  });
}

const pages: [args: string, first: string][] = [
  ["--help", "A caching proxy for container registries."],
  ["help", "A caching proxy for container registries."],
  ["--log-level --help", "A caching proxy for container registries."],
  ["--listen :80 -h", "A caching proxy for container registries."],
  ["serve -help", "Run the registry proxy and its dashboard; also without a command."],
  ["help config check", "Say whether a configuration is valid."],
  ["config --help", "The configuration: check, print, migrate."],
  ["config check --bad --help", "Say whether a configuration is valid."],
];
for (const [args, first] of pages) {
  Deno.test(`runCommand, "berth ${args}" explains`, async () => {
    assert.deepEqual(await outcome(...args.split(" ")), { ran: [], first, code: 0 });
  });
}
