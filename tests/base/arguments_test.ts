import assert from "node:assert/strict";
import { longName, readArguments } from "../../base/arguments.ts";

const FLAGS: Record<string, { takesValue: boolean }> = {
  "--listen": { takesValue: true },
  "--json": { takesValue: false },
};

/** What a command line is read as, one text for each argument. */
function read(line: string): string[] {
  const found = readArguments(line.split(" "), (written) => FLAGS[longName(written)]);
  return [...found].map((argument) =>
    argument.kind === "operand" ? argument.text : `${argument.kind} ${argument.written}` +
      (argument.kind === "flag" ? ` ${argument.value}` : "")
  );
}

const lines: [line: string, read: string[]][] = [
  ["--listen :80", ["flag --listen :80"]],
  ["-listen=:80", ["flag -listen :80"]],
  ["--listen=", ["flag --listen "]],
  ["--listen=a=b", ["flag --listen a=b"]],
  ["--listen --json", ["flag --listen --json"]],
  ["--listen", ["incomplete --listen"]],
  ["-json word", ["flag -json undefined", "word"]],
  ["--json=false -", ["flag --json false", "-"]],
  ["--nope value --json", ["unknown --nope", "flag --json undefined"]],
  ["--nope=value word", ["unknown --nope", "word"]],
  ["--nope --json", ["unknown --nope", "flag --json undefined"]],
  ["-1 --", ["-1", "--"]],
];
for (const [line, expected] of lines) {
  Deno.test(`readArguments, ${line}`, () => assert.deepEqual(read(line), expected));
}
