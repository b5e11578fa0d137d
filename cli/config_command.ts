/** `berth config check`, `berth config print`, `berth config migrate`, `berth hash-password`. */
import { resolve } from "node:path";
import { type CommandIo, loadOrComplain } from "./command_io.ts";
import { type CommandLine, parseCommandLine, UsageError } from "./command_line.ts";
import { commandNamed } from "./commands.ts";
import { type Input, readPassword } from "./read_password.ts";
import { loadConfig } from "../proxy/config/load.ts";
import { describeWriteError } from "../base/atomic_file.ts";
import { migratedYaml } from "../proxy/config/migrate.ts";
import { hashPassword } from "../base/passwords.ts";
import { printJson, printYaml } from "../proxy/config/print.ts";
import { formatProblem } from "../proxy/config/problem.ts";
import { realSystem } from "../proxy/config/system.ts";

const COMMANDS = { check, print, migrate };

/**
 * Runs `berth config NAME …args`. The result is the exit code: 0, 1 where a file cannot be written,
 * 2 for a command line or a configuration that cannot be used.
 */
export async function configCommand(
  name: keyof typeof COMMANDS,
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  try {
    return await COMMANDS[name](parseCommandLine(commandNamed(`config ${name}`), args), io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.complain(`berth config ${name}: ${error.message}\nSee berth config ${name} --help`);
    return 2;
  }
}

async function load(args: readonly string[], io: CommandIo) {
  const loaded = await loadOrComplain(args, io);
  for (const warning of loaded?.warnings ?? []) io.complain(`warning: ${warning}`);
  return loaded;
}

async function check({ values, settings }: CommandLine, io: CommandIo): Promise<number> {
  if (values.has("--json")) return await checkForScripts(settings, io);
  const loaded = await load(settings, io);
  if (!loaded) return 2;
  const where = loaded.file ?? "no file: flags, environment and defaults";
  const count = Object.keys(loaded.config.registries).length;
  io.print(`valid (${where}, ${count} ${count === 1 ? "registry" : "registries"})`);
  return 0;
}

async function checkForScripts(args: readonly string[], io: CommandIo): Promise<number> {
  const result = await loadConfig({ ...io, args });
  const told = result.ok
    ? {
      file: result.loaded.file ?? null,
      registries: Object.keys(result.loaded.config.registries),
      warnings: result.loaded.warnings,
      problems: [],
    }
    : { problems: result.problems.map(formatProblem) };
  io.print(JSON.stringify({ valid: result.ok, ...told }, null, 2));
  return result.ok ? 0 : 2;
}

async function print({ values, settings }: CommandLine, io: CommandIo): Promise<number> {
  const loaded = await load(settings, io);
  if (!loaded) return 2;
  const text = values.has("--json")
    ? JSON.stringify(printJson(loaded), null, 2)
    : printYaml(loaded, { all: values.has("--all") }).trimEnd();
  io.print(text);
  return 0;
}

async function migrate({ values, settings }: CommandLine, io: CommandIo): Promise<number> {
  const loaded = await load(settings, io);
  if (!loaded) return 2;
  const text = migratedYaml(loaded);
  const output = values.get("--output")!;
  if (output === "-") {
    io.print(text.trimEnd());
    return 0;
  }
  const system = io.system ?? realSystem;
  const file = resolve(io.cwd ?? "/", output);
  if (!values.has("--force") && await system.exists(file)) {
    io.complain(`${file} already exists; --force replaces it, --output FILE writes another`);
    return 1;
  }
  try {
    await system.keepFile(file, text);
  } catch (error) {
    io.complain(`${file} cannot be written: ${describeWriteError(error)}`);
    return 1;
  }
  io.print(
    `${file} is written; it may hold secrets. Check it: berth config check --config ${file}`,
  );
  return 0;
}

export interface HashPasswordIo {
  readonly input: Input;
  print(text: string): void;
  complain(text: string): void;
  /** Writes to standard error as it is, without a line break. */
  prompt(text: string): void;
}

/** Runs `berth hash-password …args`: 0, or 1 when no password was given. */
export async function hashPasswordCommand(
  args: readonly string[],
  { input, print, complain, prompt }: HashPasswordIo,
): Promise<number> {
  const password = await readPassword(input, prompt, "Password: ");
  if (!password) {
    complain("no password was given");
    return 1;
  }
  if (input.isTerminal() && await readPassword(input, prompt, "Again: ") !== password) {
    complain("the two passwords differ");
    return 1;
  }
  const { values } = parseCommandLine(commandNamed("hash-password"), args);
  const hash = await hashPassword(password);
  print(values.has("--json") ? JSON.stringify({ hash }, null, 2) : hash);
  return 0;
}
