/** Programs that a build runs. */
import { join } from "node:path";

/** The repository's root. */
export const ROOT = join(import.meta.dirname!, "..");

/** Runs a program in the repository's root; its output, trimmed. Throws with its words on failure. */
export async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: ROOT,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args[0]} failed\n${text.decode(stderr).trim()}`);
  return text.decode(stdout).trim();
}

/** Ends a build with what went wrong, without a stack: the reader is not its author. */
export function giveUp(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  Deno.exit(1);
}
