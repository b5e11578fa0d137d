/** The configuration's keys as flags with what they mean, in sections. */
import { flagUsage } from "./usage.ts";
import { OPTIONS } from "../proxy/config/options.ts";
import type { Flag } from "./command.ts";
import { type Meanings, readMeanings } from "./meaning.ts";

interface Section {
  readonly heading: string;
  /** What the section as a whole is about; empty where its heading says it. */
  readonly about: string;
  readonly flags: readonly SettingFlag[];
}

export interface SettingFlag extends Flag {
  /** The values of an enumeration. */
  readonly values?: readonly string[];
  /** Whether its name holds NAME in the place of a registry's. */
  readonly ofRegistry: boolean;
}

const HEADINGS: Readonly<Record<string, string>> = {
  "": "The registry API",
  tls: "TLS",
  log: "The log",
  admin: "The dashboard, its API and /metrics",
  cache: "The cache",
  "cache.manifests": "How long tags count as fresh",
  forward: "The forward proxy",
  upstream: "How long Berth waits for registries",
  "registries.*": "A registry NAME, known or new",
  "registries.*.auth": "Signing in at the registry NAME",
};

const NOTHING = /^(\[\]|\{\})?$/;

/** Every key of the configuration as a flag, by section; registries come last. */
export function settingSections(meanings: Meanings = readMeanings()): Section[] {
  const sections = new Map<string, SettingFlag[]>();
  const usages = flagUsage();
  for (const [index, option] of OPTIONS.entries()) {
    const section = sectionOf(option.path);
    const usage = usages[index]!;
    const [name, value] = usage.flag.split(" ") as [string, string?];
    const flag: SettingFlag = {
      name,
      meaning: meanings.get(option.path.join(".")) ?? "",
      ofRegistry: option.path.includes("*"),
      ...(value ? { value } : {}),
      ...(NOTHING.test(usage.default) ? {} : { default: usage.default }),
      ...(option.values ? { values: option.values } : {}),
    };
    sections.set(section, [...sections.get(section) ?? [], flag]);
  }
  const rank = ([section]: [string, unknown]) => section.startsWith("registries") ? 1 : 0;
  return [...sections].toSorted((a, b) => rank(a) - rank(b))
    .map(([section, flags]) => {
      const heading = HEADINGS[section]!;
      const about = meanings.get(section) ?? "";
      return { heading, about: about === `${heading}.` ? "" : about, flags };
    });
}

/** The longest beginning of `path` that has a heading. */
function sectionOf(path: readonly string[]): string {
  for (let length = path.length - 1; length > 0; length--) {
    const section = path.slice(0, length).join(".");
    if (Object.hasOwn(HEADINGS, section)) return section;
  }
  return "";
}
