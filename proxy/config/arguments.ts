/** The command line as settings: flags by the options table, and those of other tools. */
import { type Argument, longName, readArguments } from "../../base/arguments.ts";
import { didYouMean } from "../../base/suggest.ts";
import { coerce } from "./coerce.ts";
import { LEGACY_FLAGS } from "./dropin/table.ts";
import { findOption, type FoundOption, OPTIONS } from "./options.ts";
import { formatKey } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Setting } from "./provenance.ts";

interface Arguments {
  /** `--config FILE`, `-config FILE`, `-c FILE`. */
  readonly config?: string;
  readonly settings: readonly Setting[];
  /** Flags that only the tools have whose place Berth takes: `-port` to its value. */
  readonly legacy: Readonly<Record<string, string>>;
  readonly problems: readonly ConfigProblem[];
}

/** A flag of the configuration: the file's, another tool's, or one of its keys. */
type ConfigFlag =
  & { readonly takesValue: boolean }
  & (
    | { readonly kind: "file" }
    | { readonly kind: "legacy"; readonly name: string }
    | { readonly kind: "option" } & FoundOption
  );

/** The flag that is `written` as `--listen`, `-listen` or `-c`; `undefined` where there is none. */
export function configFlag(written: string): ConfigFlag | undefined {
  const long = longName(written);
  if (long === "--config" || written === "-c") return { kind: "file", takesValue: true };
  const name = long.slice(1);
  const legacy = LEGACY_FLAGS[name];
  if (legacy) return { kind: "legacy", name, takesValue: !legacy.boolean };
  const found = findOption("flag", long);
  return found && { kind: "option", ...found, takesValue: found.option.kind !== "boolean" };
}

/**
 * Reads `args`. A boolean takes its value only after `=`. Lists may be repeated. What is unknown is
 * a problem, never ignored.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const problems: ConfigProblem[] = [];
  const settings = new Map<string, Setting>();
  const legacy: Record<string, string> = {};
  let config: string | undefined;
  for (const argument of readArguments(args, configFlag)) {
    if (argument.kind !== "flag") {
      problems.push(problemOf(argument));
      continue;
    }
    const { flag, written, value = "true" } = argument;
    if (flag.kind === "file") config = value;
    else if (flag.kind === "legacy") legacy[flag.name] = value;
    else addSetting(settings, flag, written, value);
  }
  return {
    ...(config === undefined ? {} : { config }),
    settings: [...settings.values()],
    legacy,
    problems,
  };
}

type Misread = Exclude<Argument<ConfigFlag>, { kind: "flag" }>;

function problemOf(argument: Misread): ConfigProblem {
  if (argument.kind === "operand") {
    const message = `unexpected argument ${JSON.stringify(argument.text)}`;
    return { key: "", message: `${message}; expected flags such as --listen=:8080` };
  }
  const { written } = argument;
  const origin = { kind: "flag", name: written } as const;
  if (argument.kind === "incomplete") {
    const { flag } = argument;
    const name = flag.kind === "legacy" ? flag.name : longName(written);
    return { key: "", origin, message: `expected a value, as in ${name}=VALUE` };
  }
  const known = ["--config", ...OPTIONS.map(({ flag }) => flag)];
  return { key: "", origin, message: `unknown flag${didYouMean(longName(written), known)}` };
}

function addSetting(
  settings: Map<string, Setting>,
  { path, option }: FoundOption,
  written: string,
  text: string,
): void {
  const key = formatKey(path);
  const given = coerce(text, option);
  const before = settings.get(key)?.value;
  settings.set(key, {
    path,
    value: Array.isArray(before) && Array.isArray(given) ? [...before, ...given] : given,
    origin: { kind: "flag", name: written },
  });
}
