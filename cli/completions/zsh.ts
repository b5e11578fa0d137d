/** `berth completions zsh`. */
import {
  type CompletedCommand,
  completedCommands,
  type CompletedFlag,
  firstWords,
  groups,
  secondWords,
} from "./words.ts";

/** The script, to be a file `_berth` in a directory of `$fpath`. */
export function zsh(): string {
  const commands = completedCommands();
  return `#compdef berth
# Completions of berth for zsh.
_berth() {
  local -a commands
  commands=(
${firstWords().map(({ name, text }) => `    '${name}:${text}'`).join("\n")}
  )
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe command commands
    return
  fi
  local command=$words[2]
  [[ $command == -* ]] && command=serve || { shift words; (( CURRENT-- )) }
  case $command in
${groups().map(group).join("\n")}
  esac
  case $command in
${commands.map(flags).join("\n")}
  esac
}
_berth "$@"
`;
}

function group(name: string): string {
  return `    ${name})
      if (( CURRENT == 2 )); then
        compadd ${secondWords(name).join(" ")}
        return
      fi
      command="${name} $words[2]"
      shift words
      (( CURRENT-- )) ;;`;
}

function flags({ name, flags, argument }: CompletedCommand): string {
  const specs = flags.map(spec);
  if (argument.length > 0) specs.push(`'1:${name}:(${argument.join(" ")})'`);
  return `    "${name}")
      _arguments ${specs.join(" \\\n        ")} ;;`;
}

function spec({ name, short, kind, value, text }: CompletedFlag): string {
  const action = kind === "none"
    ? ""
    : kind === "file"
    ? ":file:_files"
    : kind === "directory"
    ? ":directory:_files -/"
    : kind === "any"
    ? `:${value}: `
    : `:value:(${kind.join(" ")})`;
  const equals = kind === "none" ? "" : "=";
  const long = `'${name}${equals}[${text}]${action}'`;
  return short ? `'${short}[${text}]${action}' ${long}` : long;
}
