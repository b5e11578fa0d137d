/** `berth ca`: the certificate that clients of the forward proxy must trust. */
import { loadConfig } from "../proxy/config/load.ts";
import type { LoadInput } from "../proxy/config/load_input.ts";
import { formatProblem } from "../proxy/config/problem.ts";
import { parseCommandLine } from "./command_line.ts";
import { commandNamed } from "./commands.ts";
import { authorityFor } from "../proxy/forward/service.ts";

/** What the command reads and writes. */
interface CaIo extends Omit<LoadInput, "args"> {
  print(line: string): void;
  complain(line: string): void;
}

/** Runs `berth ca`; the result is the exit code. Throws `CaError`. */
export async function caCommand(args: readonly string[], io: CaIo): Promise<number> {
  const { values, settings } = parseCommandLine(commandNamed("ca"), args);
  const result = await loadConfig({ ...io, args: settings });
  if (!result.ok) {
    for (const problem of result.problems) io.complain(formatProblem(problem));
    return 2;
  }
  const authority = await authorityFor(result.loaded.config, Date.now());
  const { fingerprint } = authority;
  const certificate = authority.pem.trimEnd();
  if (values.has("--json")) {
    io.print(JSON.stringify({ certificate, fingerprint }, null, 2));
    return 0;
  }
  io.print(certificate);
  io.complain(`SHA-256 ${fingerprint}`);
  return 0;
}
