/** `berth completions fish`. */
import {
  type CompletedCommand,
  completedCommands,
  firstWords,
  groups,
  secondWords,
} from "./words.ts";

/** The script, to be `berth.fish` in a directory of `$fish_complete_path`. */
export function fish(): string {
  const commands = completedCommands();
  return [
    "# Completions of berth for fish.",
    "complete -c berth -f",
    ...firstWords().map(({ name, text }) =>
      `complete -c berth -n __fish_use_subcommand -a ${name} -d '${text}'`
    ),
    ...groups().flatMap((group) => {
      const below = secondWords(group).join(" ");
      const already = `not __fish_seen_subcommand_from ${below}`;
      return [
        `complete -c berth -n '__fish_seen_subcommand_from ${group}; and ${already}' -a '${below}'`,
      ];
    }),
    ...commands.flatMap(lines),
    "",
  ].join("\n");
}

function lines({ name, flags, argument }: CompletedCommand): string[] {
  const seen = name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
  const condition = name === "serve" ? `__fish_use_subcommand; or ${seen}` : seen;
  const start = `complete -c berth -n '${condition}'`;
  return [
    ...argument.length > 0 ? [`${start} -a '${argument.join(" ")}'`] : [],
    ...flags.map(({ name, short, kind, text }) => {
      const value = kind === "none"
        ? ""
        : kind === "file"
        ? " -r -F"
        : kind === "directory"
        ? " -x -a '(__fish_complete_directories)'"
        : kind === "any"
        ? " -x"
        : ` -x -a '${kind.join(" ")}'`;
      const letter = short ? ` -s ${short.slice(1)}` : "";
      return `${start} -l ${name.slice(2)}${letter}${value} -d '${text}'`;
    }),
  ];
}
