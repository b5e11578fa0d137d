/** What a command is to its help page, the completions and the check of its flags. */

export interface Flag {
  /** `--output`, without a value. */
  readonly name: string;
  /** `-o`. */
  readonly short?: string;
  /** What stands for its value in the help; absent where the flag takes none. */
  readonly value?: string;
  readonly meaning: string;
  /** As a person would write it; absent where there is none. */
  readonly default?: string;
}

export interface Command {
  /** As typed: `config check`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What comes after the name: `[flags]`. */
  readonly usage: string;
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Paragraphs below the usage. */
  readonly about?: string;
  readonly flags?: readonly Flag[];
  /** What its one argument is: one of these words, or anything. */
  readonly argument?: readonly string[] | "any";
  /** Whether it takes the configuration's flags as well. */
  readonly settings?: boolean;
}

/** Flags of every command. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "--help", short: "-h", meaning: "Explain the command." },
];

/** Of every command that reads the configuration. */
export const CONFIG_FLAG: Flag = {
  name: "--config",
  short: "-c",
  value: "FILE",
  meaning: "The configuration; without it config.yaml, config.yml or config.json of the working " +
    "directory, if there is one.",
};

/** Of every command that prints data. */
export const JSON_FLAG: Flag = { name: "--json", meaning: "Print JSON, for scripts." };

/** The flags of a command that are not keys of the configuration. */
export function flagsOf(command: Command): readonly Flag[] {
  return [
    ...command.flags ?? [],
    ...command.settings ? [CONFIG_FLAG] : [],
    ...COMMON_FLAGS,
  ];
}
