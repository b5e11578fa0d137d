/** From arguments to a command: its help, a complaint in one line, or the command itself. */
import { didYouMean } from "../base/suggest.ts";
import { type Command, COMMON_FLAGS } from "./command.ts";
import { COMMANDS, isGroup } from "./commands.ts";
import { asksFor, parseCommandLine, UsageError } from "./command_line.ts";
import { commandHelp, mainHelp } from "./help.ts";
import type { Style } from "./style.ts";

interface RunIo {
  print(text: string): void;
  complain(text: string): void;
  /** For what goes to standard output. */
  style: Style;
}

/** By the names of commands: takes the arguments after the name, gives the exit code. */
export type Runners = Readonly<Record<string, (args: string[]) => Promise<number>>>;

const [HELP] = COMMON_FLAGS as [typeof COMMON_FLAGS[0] & object];
const VERSION = { name: "--version", short: "-v", meaning: "" };

/**
 * Runs `berth …args`. The result is the exit code: the command's own, or 2 for a command line that
 * cannot be understood.
 */
export async function runCommand(
  args: readonly string[],
  io: RunIo,
  runners: Runners,
): Promise<number> {
  if (args[0] === "help") return help(args.slice(1), io);
  const first = args[0] ?? "";
  const implied = first === "" || first.startsWith("-");
  if (implied && asksFor(HELP, args)) return help([], io);
  if (implied && asksFor(VERSION, args)) return await runners.version!([]);
  const command = find(implied ? ["serve"] : args);
  if (!command) return unknown(args, io);
  const rest = implied ? [...args] : args.slice(command.name.split(" ").length);
  if (asksFor(HELP, rest)) return help(command.name.split(" "), io);
  const run = runners[command.name];
  if (!run) return isGroup(command) && rest.length > 0 ? unknown(args, io) : usage(command, io);
  try {
    parseCommandLine(command, rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.complain(`berth: ${error.message}\nSee berth ${implied ? "" : `${command.name} `}--help`);
    return 2;
  }
  return await run(rest);
}

/** The command of the most words that `args` begin with. */
function find(args: readonly string[]): Command | undefined {
  const matches = COMMANDS.filter(({ name }) =>
    name.split(" ").every((word, index) => word === args[index])
  );
  return matches.toSorted((a, b) => b.name.length - a.name.length)[0];
}

function help(args: readonly string[], io: RunIo): number {
  if (args.length === 0) {
    io.print(mainHelp(io.style));
    return 0;
  }
  const command = find(args);
  if (!command || command.name !== args.join(" ")) return unknown(args, io);
  io.print(commandHelp(command, io.style));
  return 0;
}

function usage(command: Command, io: RunIo): number {
  io.complain(
    `berth: expected berth ${command.name} ${command.usage}\nSee berth ${command.name} --help`,
  );
  return 2;
}

function unknown(args: readonly string[], io: RunIo): number {
  const group = COMMANDS.find((command) => command.name === args[0] && isGroup(command));
  const typed = args.slice(0, group ? 2 : 1).join(" ");
  const hint = didYouMean(typed, COMMANDS.map(({ name }) => name));
  io.complain(`berth: there is no command "${typed}"${hint}\nSee berth --help`);
  return 2;
}
