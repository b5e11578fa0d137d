/** The command line: flags by the options table, Go's single dash included. */
import { coerce } from "./coerce.ts";
import { LEGACY_FLAGS } from "./dropin/table.ts";
import { findOption, OPTIONS } from "./options.ts";
import type { Setting } from "./provenance.ts";
import { formatKey } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";
import { didYouMean } from "../../base/suggest.ts";

export interface Arguments {
  /** `--config FILE`, `-config FILE`, `-c FILE`. */
  readonly config?: string;
  readonly help: boolean;
  readonly version: boolean;
  readonly settings: readonly Setting[];
  /** Flags that only the tools have whose place Berth takes: `-port` to its value. */
  readonly legacy: Readonly<Record<string, string>>;
  readonly problems: readonly ConfigProblem[];
}

const PLAIN = ["--config", "--help", "--version"];
const SHORT: Record<string, string> = { "-c": "--config", "-h": "--help", "-v": "--version" };

/**
 * Reads `--flag value`, `--flag=value`, `-flag value` and `-flag=value`. A boolean takes its value
 * only after `=`. Lists may be repeated. Whatever is unknown is a problem, never ignored.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const problems: ConfigProblem[] = [];
  const settings = new Map<string, Setting>();
  const plain: Record<string, string> = {};
  const legacy: Record<string, string> = {};
  const complain = (name: string, message: string) =>
    problems.push({ key: "", origin: { kind: "flag", name }, message });

  const rest = [...args];
  while (rest.length > 0) {
    const argument = rest.shift()!;
    const match = /^(--?[A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(argument);
    if (!match) {
      const message = `unexpected argument ${JSON.stringify(argument)}`;
      problems.push({ key: "", message: `${message}; expected flags such as --listen=:8080` });
      continue;
    }
    const written = match[1]!;
    const name = SHORT[written] ?? written.replace(/^-(?!-)/, "--");
    const value = () => match[2] ?? rest.shift();
    if (name === "--help" || name === "--version") {
      plain[name] = "true";
      continue;
    }
    const old = name.slice(1);
    const legacyFlag = LEGACY_FLAGS[old];
    if (legacyFlag) {
      const text = legacyFlag.boolean ? match[2] ?? "true" : value();
      if (text === undefined) complain(written, `expected a value, as in ${old}=VALUE`);
      else legacy[old] = text;
      continue;
    }
    const found = findOption("flag", name);
    if (!found && name !== "--config") {
      const known = [...PLAIN, ...OPTIONS.map(({ flag }) => flag)];
      complain(written, `unknown flag${didYouMean(name, known)}`);
      // What follows is most likely its value, and no problem of its own.
      if (match[2] === undefined && rest[0]?.startsWith("-") === false) rest.shift();
      continue;
    }
    const text = found?.option.kind === "boolean" ? match[2] ?? "true" : value();
    if (text === undefined) complain(written, `expected a value, as in ${name}=VALUE`);
    else if (!found) plain[name] = text;
    else {
      const key = formatKey(found.path);
      const given = coerce(text, found.option);
      const before = settings.get(key)?.value;
      settings.set(key, {
        path: found.path,
        value: Array.isArray(before) && Array.isArray(given) ? [...before, ...given] : given,
        origin: { kind: "flag", name: written },
      });
    }
  }
  return {
    ...(plain["--config"] === undefined ? {} : { config: plain["--config"] }),
    help: "--help" in plain,
    version: "--version" in plain,
    settings: [...settings.values()],
    legacy,
    problems,
  };
}
