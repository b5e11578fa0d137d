/** `berth ca`: the certificate that clients of the forward proxy must trust. */
import { type CommandIo, loadOrComplain } from "./command_io.ts";
import { parseCommandLine } from "./command_line.ts";
import { commandNamed } from "./commands.ts";
import { authorityFor } from "../proxy/forward/service.ts";

/** Runs `berth ca`; the result is the exit code. Throws `CaError`. */
export async function caCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, settings } = parseCommandLine(commandNamed("ca"), args);
  const loaded = await loadOrComplain(settings, io);
  if (!loaded) return 2;
  const authority = await authorityFor(loaded.config, Date.now());
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
