/** What was typed after the name of a command. */
import { longName, readArguments } from "../base/arguments.ts";
import { didYouMean } from "../base/suggest.ts";
import { configFlag } from "../proxy/config/arguments.ts";
import { OPTIONS } from "../proxy/config/options.ts";
import { type Command, type Flag, flagsOf } from "./command.ts";

/** A command line that cannot be understood; the message is one line that says what was meant. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The arguments of a command. */
export interface CommandLine {
  /** The command's own flags, `--sort` to its value; those with a default are always there. */
  readonly values: ReadonlyMap<string, string>;
  /** What is no flag. */
  readonly operands: readonly string[];
  /** The arguments that are the configuration's. */
  readonly settings: readonly string[];
}

/** Whether `flag`, which takes no value, is among `args`, before a bare `--`. */
export function asksFor(flag: Flag, args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const spellings = [flag.name, flag.name.slice(1), flag.short];
  return args.slice(0, end < 0 ? args.length : end).some((arg) => spellings.includes(arg));
}

/**
 * Reads `args`, which come after the name of `command`. Throws {@linkcode UsageError} for unknown
 * flags, missing values and operands that the command does not take; the values of flags are not
 * looked at.
 */
export function parseCommandLine(command: Command, args: readonly string[]): CommandLine {
  const values = new Map(
    flagsOf(command).flatMap(({ name, default: value }) =>
      value === undefined ? [] : [[name, value]]
    ),
  );
  const operands: string[] = [];
  const settings: string[] = [];
  for (const argument of readArguments(args, (written) => find(command, written))) {
    if (argument.kind === "operand") {
      operands.push(argument.text);
      continue;
    }
    const { written } = argument;
    if (argument.kind === "unknown") throw new UsageError(unknownFlag(command, written));
    if (argument.kind === "incomplete") throw new UsageError(`${written} needs a value`);
    const { flag, value } = argument;
    if (flag.setting) settings.push(value === undefined ? written : `${written}=${value}`);
    else if (value !== undefined && !flag.takesValue) {
      throw new UsageError(`${written} takes no value`);
    }
    if (flag.name !== undefined) values.set(flag.name, value ?? "true");
  }
  checkOperands(command, operands);
  return { values, operands, settings };
}

/** The flag of `command` that is `written` so: its own, which has a name, the configuration's, or both. */
function find(command: Command, written: string) {
  const long = longName(written);
  const own = flagsOf(command).find(({ name, short }) => name === long || short === written);
  const setting = own || command.settings ? configFlag(written) : undefined;
  const takesValue = setting ? setting.takesValue : own?.value !== undefined;
  return (own || setting) && { name: own?.name, setting: setting !== undefined, takesValue };
}

function unknownFlag(command: Command, written: string): string {
  const own = flagsOf(command).map(({ name }) => name);
  const settings = command.settings ? OPTIONS.map(({ flag }) => flag) : [];
  return `unknown flag ${written}${didYouMean(longName(written), [...own, ...settings])}`;
}

function checkOperands({ argument: allowed = [] }: Command, operands: readonly string[]): void {
  if (allowed === "any") return;
  const odd = operands.findIndex((operand, index) => index > 0 || !allowed.includes(operand));
  if (odd >= 0) {
    const hint = odd === 0 ? didYouMean(operands[0]!, allowed) : "";
    throw new UsageError(`unexpected ${JSON.stringify(operands[odd])}${hint}`);
  }
  if (allowed.length > 0 && operands.length === 0) {
    throw new UsageError(`expected one of ${allowed.join(", ")}`);
  }
}
