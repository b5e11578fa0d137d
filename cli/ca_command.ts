/** `berth ca`: the certificate that clients of the forward proxy must trust. */
import { loadConfig } from "../proxy/config/load.ts";
import type { LoadInput } from "../proxy/config/load_input.ts";
import { formatProblem } from "../proxy/config/problem.ts";
import { authorityFor } from "../proxy/forward/service.ts";

/** What the command reads and writes. */
interface CaIo extends Omit<LoadInput, "args"> {
  print(line: string): void;
  complain(line: string): void;
}

/** Runs `berth ca`; the result is the exit code. Throws `CaError`. */
export async function caCommand(args: readonly string[], io: CaIo): Promise<number> {
  const result = await loadConfig({ ...io, args });
  if (!result.ok) {
    for (const problem of result.problems) io.complain(formatProblem(problem));
    return 2;
  }
  const authority = await authorityFor(result.loaded.config, Date.now());
  io.print(authority.pem.trimEnd());
  io.complain(`SHA-256 ${authority.fingerprint}`);
  return 0;
}
