/** Whether a command knows the flags that it was given. */
import { LEGACY_FLAGS } from "../proxy/config/dropin/table.ts";
import { findOption, OPTIONS } from "../proxy/config/options.ts";
import { didYouMean } from "../base/suggest.ts";
import { type Command, COMMON_FLAGS, CONFIG_FLAG, type Flag } from "./command.ts";

/** Go's spelling has one dash: `-listen`. */
const FLAG = /^--?([A-Za-z][^=]*)(=.*)?$/s;

/** Whether help is asked for, before a bare `--`. */
export function asksFor(flag: Flag, args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const spellings = [flag.name, flag.name.slice(1), flag.short];
  return args.slice(0, end < 0 ? args.length : end).some((arg) => spellings.includes(arg));
}

/**
 * What is wrong with `args`, in one line that suggests what was meant; `undefined` when nothing
 * is. Values are not looked at.
 */
export function problemOf(command: Command, args: readonly string[]): string | undefined {
  const known = flagsOf(command);
  const allowed = command.argument ?? [];
  const rest = [...args];
  const operands: string[] = [];
  while (rest.length > 0) {
    const argument = rest.shift()!;
    const [, name, value] = FLAG.exec(argument) ?? [];
    if (name === undefined) {
      operands.push(argument);
      continue;
    }
    const flag = known.find(({ name: own, short }) => own === `--${name}` || short === argument) ??
      (command.settings ? setting(name) : undefined);
    if (!flag) {
      const settings = command.settings ? OPTIONS.map((option) => option.flag) : [];
      const hint = didYouMean(`--${name}`, [...known.map((flag) => flag.name), ...settings]);
      return `unknown flag ${argument.split("=")[0]}${hint}`;
    }
    if (flag.value !== undefined && value === undefined && rest.shift() === undefined) {
      return `${argument} needs a value`;
    }
  }
  if (allowed === "any") return undefined;
  const odd = operands.findIndex((operand, index) => index > 0 || !allowed.includes(operand));
  if (odd >= 0) {
    const hint = odd === 0 ? didYouMean(operands[0]!, allowed) : "";
    return `unexpected ${JSON.stringify(operands[odd])}${hint}`;
  }
  if (allowed.length > 0 && operands.length === 0) return `expected one of ${allowed.join(", ")}`;
}

/** The flags of a command that are not keys of the configuration. */
export function flagsOf(command: Command): readonly Flag[] {
  return [
    ...command.flags ?? [],
    ...command.settings ? [CONFIG_FLAG] : [],
    ...COMMON_FLAGS,
  ];
}

/** A key of the configuration, or a flag of another tool that Berth stands in for. */
function setting(name: string): Pick<Flag, "value"> | undefined {
  const legacy = LEGACY_FLAGS[`-${name}`];
  if (legacy) return legacy.boolean ? {} : { value: "VALUE" };
  const option = findOption("flag", `--${name}`)?.option;
  return option && (option.kind === "boolean" ? {} : { value: "VALUE" });
}
