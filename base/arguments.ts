/** Arguments of a command line: flags in GNU's spelling (`--flag`) and in Go's (`-flag`), and words. */

/** What must be known of a flag to read it. */
export interface Readable {
  /** Whether the next argument is its value where none comes after `=`. */
  readonly takesValue: boolean;
}

/** One argument, with its value where it is a flag that has one. `written` is as typed. */
export type Argument<Flag> =
  | { kind: "flag"; flag: Flag; written: string; value: string | undefined }
  /** A flag that takes a value and is the last argument. */
  | { kind: "incomplete"; flag: Flag; written: string }
  | { kind: "unknown"; written: string }
  | { kind: "operand"; text: string };

const FLAG = /^(--?[A-Za-z][^=]*)(?:=(.*))?$/s;

/**
 * Reads `--flag value`, `--flag=value`, `-flag value` and `-flag=value`; `find` gets each flag as
 * written, without its value. A flag without `takesValue` has one only after `=`.
 */
export function* readArguments<Flag extends Readable>(
  args: readonly string[],
  find: (written: string) => Flag | undefined,
): Generator<Argument<Flag>> {
  const rest = [...args];
  while (rest.length > 0) {
    const text = rest.shift()!;
    const [, written, stated] = FLAG.exec(text) ?? [];
    if (written === undefined) {
      yield { kind: "operand", text };
      continue;
    }
    const flag = find(written);
    if (!flag) {
      // What follows is most likely its value, and no mistake of its own.
      if (stated === undefined && rest[0]?.startsWith("-") === false) rest.shift();
      yield { kind: "unknown", written };
      continue;
    }
    const value = stated ?? (flag.takesValue ? rest.shift() : undefined);
    if (flag.takesValue && value === undefined) yield { kind: "incomplete", flag, written };
    else yield { kind: "flag", flag, written, value };
  }
}

/** `-listen` and `--listen` as `--listen`. */
export function longName(written: string): string {
  return written.replace(/^-(?!-)/, "--");
}
