/** What ends a command, in a line, and the exit code that says whose it is to mend. */
import { CacheLocked, CacheTooNew, DepotError } from "../cache/errors.ts";
import { ConfigError } from "../proxy/config/problem.ts";
import { CaError } from "../proxy/forward/intercept/ca_error.ts";
import { ListenError } from "../proxy/http/listen.ts";
import { DataDirError, original } from "./data_dir.ts";

/** What is the user's to mend gets one line; exit code 2 for configuration, 1 for the rest. */
export function failureOf(thrown: unknown): { text: string; code: number } {
  const error = original(thrown);
  if (error instanceof ConfigError) return { text: error.message, code: 2 };
  if (error instanceof CaError) return { text: `berth: forward: ${error.message}`, code: 2 };
  if (error instanceof DepotError) return { text: `berth: ${error.message}`, code: 2 };
  const known = error instanceof ListenError || error instanceof CacheLocked ||
    error instanceof CacheTooNew || error instanceof DataDirError ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotFound;
  return { text: `berth: ${known ? error.message : String(error)}`, code: 1 };
}
