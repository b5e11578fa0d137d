/** `berth completions bash`, for bash 4 and later. */
import {
  type CompletedCommand,
  completedCommands,
  firstWords,
  groups,
  secondWords,
} from "./words.ts";

/** The script; it defines `_berth` and registers it. */
export function bash(): string {
  const commands = completedCommands();
  return `# Completions of berth for bash.
_berth() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=\${COMP_WORDS[1]-} words=""
  COMPREPLY=()
  # "--flag=value" comes in three words.
  if [[ $current == "=" ]]; then current=""; elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $previous in
${values(commands)}
  esac
  case $command in
    ${groups().join(" | ")}) command="$command \${COMP_WORDS[2]-}" ;;
    "" | -*) command=serve ;;
  esac
  if [[ $COMP_CWORD -eq 1 && $current != -* ]]; then
    words="${firstWords().map(({ name }) => name).join(" ")}"
  elif [[ $COMP_CWORD -eq 2 && $current != -* ]]; then
    case \${COMP_WORDS[1]} in
${groups().map((group) => `      ${group}) words="${secondWords(group).join(" ")}" ;;`).join("\n")}
${
    commands.filter(({ argument }) => argument.length > 0)
      .map(({ name, argument }) => `      ${name}) words="${argument.join(" ")}" ;;`).join("\n")
  }
    esac
  else
    case $command in
${commands.map(flags).join("\n")}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _berth berth
`;
}

function flags({ name, flags }: CompletedCommand): string {
  const words = flags.flatMap(({ name, short }) => [name, ...short ? [short] : []]);
  return `      "${name}") words="${words.join(" ")}" ;;`;
}

/** What comes after a flag, whichever command it belongs to. */
function values(commands: readonly CompletedCommand[]): string {
  const cases = new Map<string, Set<string>>();
  for (const { name, short, kind } of commands.flatMap(({ flags }) => flags)) {
    if (kind === "none") continue;
    const reply = kind === "any"
      ? ":"
      : kind === "file"
      ? 'mapfile -t COMPREPLY < <(compgen -f -- "$current")'
      : kind === "directory"
      ? 'mapfile -t COMPREPLY < <(compgen -d -- "$current")'
      : `mapfile -t COMPREPLY < <(compgen -W "${kind.join(" ")}" -- "$current")`;
    const names = cases.get(reply) ?? new Set();
    cases.set(reply, names.add(name));
    if (short) names.add(short);
  }
  return [...cases].map(([reply, names]) =>
    `    ${[...names].join(" | ")})\n      ${reply}\n      return ;;`
  ).join("\n");
}
