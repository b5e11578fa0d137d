/** Help pages: examples first, defaults shown, in 80 columns. */
import { type Command, COMMON_FLAGS, CONFIG_FLAG, type Flag, flagsOf } from "./command.ts";
import { COMMANDS, isGroup } from "./commands.ts";
import { settingSections } from "./settings.ts";
import { type Style, wrap } from "./style.ts";

const EXAMPLES: Command["examples"] = [
  ["berth", "start, with ./config.yaml or with the defaults"],
  ["berth --listen :80 --cache-max-size 200GiB", "start, with other settings"],
  ["berth config print", "the effective configuration, and where it comes from"],
  ["docker pull localhost:8080/docker.io/library/alpine", "pull through it"],
];

/** The page of `berth --help`. */
export function mainHelp(style: Style): string {
  const shown = COMMANDS.filter((command) => !isGroup(command));
  const rows = shown.map(({ name, summary }) => [name, summary] as const);
  return [
    "A caching proxy for container registries.",
    examples(EXAMPLES, style),
    `${style.heading("Usage:")} berth [command] [flags]`,
    section("Commands", table(rows, style), style),
    section("Flags", flagList([CONFIG_FLAG, ...mainFlags()], style), style),
    wrap("`berth serve --help` explains every flag, `berth COMMAND --help` a command.", ""),
  ].join("\n\n");
}

function mainFlags(): Flag[] {
  return [
    ...COMMON_FLAGS.map((flag) => ({ ...flag, meaning: "This page." })),
    { name: "--version", short: "-v", meaning: "The version." },
  ];
}

/** The page of `berth COMMAND --help`. */
export function commandHelp(command: Command, style: Style): string {
  const below = COMMANDS.filter(({ name }) => name.startsWith(`${command.name} `));
  const rows = below.map(({ name, summary }) => [name, summary] as const);
  return [
    `${command.summary}.`,
    examples(command.examples, style),
    `${style.heading("Usage:")} berth ${command.name} ${command.usage}`.trimEnd(),
    ...command.about ? [wrap(command.about, "")] : [],
    ...rows.length > 0 ? [section("Commands", table(rows, style), style)] : [],
    section("Flags", flagList(flagsOf(command), style), style),
    ...command.settings ? settings(command, style) : [],
  ].join("\n\n");
}

/** All of them where they belong, a reference to that page elsewhere. */
function settings({ name }: Command, style: Style): string[] {
  if (name !== "serve") {
    return [wrap(
      "Keys of the configuration are flags, too, such as --cache-dir for cache.dir: see " +
        "`berth serve --help`.",
      "",
    )];
  }
  const rule = "Every flag is a key of the file and a variable of the environment, too: " +
    "--cache-max-size is cache.max_size and BERTH_CACHE_MAX_SIZE. Flags beat the environment, " +
    "and that beats the file. Lists may be repeated or separated by commas. A single " +
    "dash works too: -listen=:8080.";
  return [
    wrap(rule, ""),
    ...settingSections().map(({ heading, about, flags }) => {
      const list = flagList(flags, style);
      return section(heading, about ? `${wrap(about, "  ")}\n${list}` : list, style);
    }),
  ];
}

function section(heading: string, body: string, style: Style): string {
  return `${style.heading(`${heading}:`)}\n${body}`;
}

function examples(lines: Command["examples"], style: Style): string {
  const short = lines.every(([line]) => line.length < 40);
  const body = short
    ? table(lines, style)
    : lines.map(([line, meaning]) => `  ${style.literal(line)}${meaning && `\n      ${meaning}`}`)
      .join("\n");
  return section("Examples", body, style);
}

function table(rows: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) =>
    `  ${style.literal(name)}${" ".repeat(width - name.length)}${text}`.trimEnd()
  )
    .join("\n");
}

function flagList(flags: readonly Flag[], style: Style): string {
  return flags.map((flag) => {
    const name = style.literal([...flag.short ? [flag.short] : [], flag.name].join(", "));
    const value = flag.value ? ` ${flag.value}` : "";
    const fallback = flag.default ? style.faint(`  (default ${flag.default})`) : "";
    const meaning = flag.meaning ? `\n${wrap(flag.meaning, "      ")}` : "";
    return `  ${name}${value}${fallback}${meaning}`;
  }).join("\n");
}
