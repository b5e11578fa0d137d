/** What a command reads its configuration from, and what it writes to. */
import { loadConfig, type LoadedConfig } from "../proxy/config/load.ts";
import type { LoadInput } from "../proxy/config/load_input.ts";
import { formatProblem } from "../proxy/config/problem.ts";

export interface CommandIo extends Omit<LoadInput, "args"> {
  /** Writes a text and a line break to standard output. */
  print(text: string): void;
  /** Writes a text and a line break to standard error. */
  complain(text: string): void;
}

/** The configuration by `args`; where it cannot be used, its problems are told, and there is none. */
export async function loadOrComplain(
  args: readonly string[],
  io: CommandIo,
): Promise<LoadedConfig | undefined> {
  const result = await loadConfig({ ...io, args });
  if (result.ok) return result.loaded;
  for (const problem of result.problems) io.complain(formatProblem(problem));
  return undefined;
}
