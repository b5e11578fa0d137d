/** Reading a password: from a terminal without showing it, else the first line that comes. */

/** Standard input, as `Deno.stdin` has it. */
export interface Input {
  isTerminal(): boolean;
  setRaw(mode: boolean): void;
  read(buffer: Uint8Array): Promise<number | null>;
}

const ENTER = ["\r", "\n"];
const INTERRUPT = "\u0003";
const END = "\u0004";
const ERASE = ["\u0008", "\u007f"];

/**
 * The password that `input` gives, without its line break; on a terminal nothing of it is shown.
 * `undefined` when it was interrupted, or ended before a line was given.
 */
export async function readPassword(
  input: Input,
  prompt: (text: string) => void,
  question: string,
): Promise<string | undefined> {
  if (!input.isTerminal()) return await readLine(input);
  prompt(question);
  input.setRaw(true);
  try {
    return await readLine(input);
  } finally {
    input.setRaw(false);
    prompt("\n");
  }
}

async function readLine(input: Input): Promise<string | undefined> {
  const editing = input.isTerminal();
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1024);
  let line: string[] = [];
  for (;;) {
    const length = await input.read(buffer);
    const text = decoder.decode(buffer.subarray(0, length ?? 0), { stream: length !== null });
    for (const character of text) {
      if (ENTER.includes(character)) return line.join("");
      if (editing && (character === INTERRUPT || character === END)) return undefined;
      if (editing && ERASE.includes(character)) line = line.slice(0, -1);
      else line.push(character);
    }
    if (length === null) return line.length > 0 ? line.join("") : undefined;
  }
}
