/** `berth config check`, `berth config print`. */
import type { LoadInput } from "./load.ts";
import { loadConfig } from "./load.ts";
import { printJson, printYaml } from "./print.ts";
import { formatProblem } from "./problem.ts";

export interface CommandIo extends Omit<LoadInput, "args"> {
  /** Writes one text and a line break to standard output. */
  print(text: string): void;
  /** Writes one text and a line break to standard error. */
  complain(text: string): void;
}

export const CONFIG_USAGE = `Usage: berth config check [flags]         is it valid?
       berth config print [--json|--all]  what is in force, and where each value comes from

Flags are those of berth itself, such as --config FILE.`;

/**
 * Runs `berth config …`; `args` is what follows `config`. The result is the exit code: 0, or 2 for
 * a configuration that cannot be used and for a command line that cannot be understood.
 */
export async function configCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "check":
      return await check(rest, io);
    case "print":
      return await print(rest, io);
    case "help":
    case "--help":
    case "-h":
      io.print(CONFIG_USAGE);
      return 0;
    default:
      io.complain(CONFIG_USAGE);
      return 2;
  }
}

async function load(args: readonly string[], io: CommandIo) {
  const result = await loadConfig({ ...io, args });
  if (result.ok) {
    for (const warning of result.loaded.warnings) io.complain(`warning: ${warning}`);
    return result.loaded;
  }
  for (const problem of result.problems) io.complain(formatProblem(problem));
  return undefined;
}

async function check(args: readonly string[], io: CommandIo): Promise<number> {
  const loaded = await load(args, io);
  if (!loaded) return 2;
  const where = loaded.file ?? "no file: built-in defaults";
  io.print(`valid (${where}, ${Object.keys(loaded.config.registries).length} registries)`);
  return 0;
}

async function print(args: readonly string[], io: CommandIo): Promise<number> {
  const own = new Set(["--json", "-json", "--all", "-all"]);
  const loaded = await load(args.filter((arg) => !own.has(arg)), io);
  if (!loaded) return 2;
  const has = (name: string) => args.includes(`--${name}`) || args.includes(`-${name}`);
  const text = has("json")
    ? JSON.stringify(printJson(loaded), null, 2)
    : printYaml(loaded, { all: has("all") }).trimEnd();
  io.print(text);
  return 0;
}
