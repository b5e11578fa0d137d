/** What a shell may complete, from the same tables as the help. */
import { type Command, type Flag, flagsOf } from "../command.ts";
import { COMMANDS, isGroup } from "../commands.ts";
import { type SettingFlag, settingSections } from "../settings.ts";

/** What follows a flag: a file, a directory, one of some words, anything, or nothing. */
type ValueKind = "none" | "any" | "file" | "directory" | readonly string[];

export interface CompletedFlag extends Flag {
  readonly kind: ValueKind;
  /** One line without quotes, brackets or colons, which shells read in their own way. */
  readonly text: string;
}

export interface CompletedCommand {
  readonly name: string;
  readonly text: string;
  readonly flags: readonly CompletedFlag[];
  readonly argument: readonly string[];
}

/** Every command that does something, with all of its flags. */
export function completedCommands(): CompletedCommand[] {
  const settings = settingSections().flatMap(({ flags }) => flags)
    .filter(({ ofRegistry }) => !ofRegistry);
  return COMMANDS.filter((command) => !isGroup(command)).map((command) => ({
    name: command.name,
    text: oneLine(command.summary),
    flags: [...flagsOf(command), ...command.settings ? settings : []].map(completed),
    argument: wordsOf(command),
  }));
}

/** The first words of commands: `config` once, whatever comes below it. */
export function firstWords(): { name: string; text: string }[] {
  return COMMANDS.filter(({ name }) => !name.includes(" "))
    .map(({ name, summary }) => ({ name, text: oneLine(summary) }));
}

/** The second words of the commands below `group`. */
export function secondWords(group: string): string[] {
  return COMMANDS.map(({ name }) => name.split(" "))
    .flatMap(([first, second]) => first === group && second ? [second] : []);
}

export function groups(): string[] {
  return COMMANDS.filter((command) => isGroup(command)).map(({ name }) => name);
}

function wordsOf({ argument }: Command): readonly string[] {
  return Array.isArray(argument) ? argument : [];
}

function completed(flag: Flag & Partial<SettingFlag>): CompletedFlag {
  return { ...flag, kind: kindOf(flag), text: oneLine(flag.meaning || flag.name.slice(2)) };
}

function kindOf({ value, values }: Flag & Partial<SettingFlag>): ValueKind {
  if (value === undefined) return "none";
  if (values) return values;
  if (value === "FILE") return "file";
  if (value === "DIRECTORY") return "directory";
  return /^[a-z]+(\|[a-z]+)+$/.test(value) ? value.split("|") : "any";
}

function oneLine(text: string): string {
  const sentence = /^.*?(?=[.:;\u2026] |[.:;\u2026]?$)/.exec(text)?.[0] ?? text;
  return sentence.replaceAll(/["'`[\]\\$]/g, "").replaceAll(":", "").trim();
}
