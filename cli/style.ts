/** Emphasis on a terminal, and nothing anywhere else. */

export interface Style {
  heading(text: string): string;
  /** What is typed as it stands. */
  literal(text: string): string;
  /** What matters less. */
  faint(text: string): string;
}

const sgr = (code: number) => (text: string) => text && `\x1b[${code}m${text}\x1b[0m`;

export const PLAIN: Style = {
  heading: (text) => text,
  literal: (text) => text,
  faint: (text) => text,
};

export const COLOURED: Style = { heading: sgr(1), literal: sgr(36), faint: sgr(2) };

/** Colours for a terminal that shows them, unless `NO_COLOR` asks for none: https://no-color.org */
export function styleFor(
  terminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  return terminal && !env.NO_COLOR && env.TERM !== "dumb" ? COLOURED : PLAIN;
}

/** `text` in lines of at most `width` characters, each after `indent`. */
export function wrap(text: string, indent: string, width = 80): string {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + longer.length > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => indent + line).join("\n");
}
