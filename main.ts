/** The command line: `berth [serve]`, the commands beside it, and their exit codes. */
import { cacheOptions } from "./cli/cache_options.ts";
import { CacheLocked, CacheTooNew, DepotError } from "./cache/errors.ts";
import { caCommand } from "./cli/ca_command.ts";
import { cacheCommand } from "./cli/cache_command.ts";
import { SCRIPTS, type Shell } from "./cli/completions/script.ts";
import { configCommand, hashPasswordCommand } from "./cli/config_command.ts";
import { DataDirError, original } from "./cli/data_dir.ts";
import { healthcheck } from "./cli/healthcheck.ts";
import { runCommand, type Runners } from "./cli/run.ts";
import { serve } from "./cli/serve.ts";
import { styleFor } from "./cli/style.ts";
import { describeVersion } from "./cli/version.ts";
import { ConfigError } from "./proxy/config/problem.ts";
import { CaError } from "./proxy/forward/intercept/ca_error.ts";
import { ListenError } from "./proxy/http/listen.ts";

const ROOT = import.meta.dirname!;

const io = {
  env: Deno.env.toObject(),
  cwd: Deno.cwd(),
  print: (line: string) => console.log(line),
  complain,
  prompt: (part: string) => void Deno.stderr.writeSync(new TextEncoder().encode(part)),
  input: Deno.stdin,
};

const config = (name: Parameters<typeof configCommand>[0]) => (args: string[]) =>
  configCommand(name, args, io);
const cache = (name: Parameters<typeof cacheCommand>[0]) => (args: string[]) =>
  cacheCommand(name, args, { ...io, options: cacheOptions, now: Date.now, progress });
const print = (text: string) => Promise.resolve(io.print(text) ?? 0);

const RUNNERS: Runners = {
  serve: (args) => serve(args, { ...io, root: ROOT }),
  "config check": config("check"),
  "config print": config("print"),
  "config migrate": config("migrate"),
  "cache ls": cache("ls"),
  "cache stat": cache("stat"),
  "cache images": cache("images"),
  "cache pin": cache("pin"),
  "cache unpin": cache("unpin"),
  "cache evict": cache("evict"),
  "cache verify": cache("verify"),
  ca: (args) => caCommand(args, io),
  "hash-password": () => hashPasswordCommand(io),
  healthcheck: (args) => healthcheck(args, io),
  completions: ([shell]) => print(SCRIPTS[shell as Shell]().trimEnd()),
  version: () => print(`berth ${describeVersion(ROOT)}`),
};

/**
 * Executables do not know --unstable-no-legacy-abort (Deno 2.9.4), so that request.signal fires after
 * every answer there, and Deno warns of it once. Nothing here runs beyond its answer: the signal
 * stops nothing by then, and the warning would only puzzle the reader of the log.
 */
function silenceLegacyAbort(): void {
  const warn = console.warn.bind(console);
  console.warn = (...args: unknown[]) => {
    if (!String(args[0]).startsWith("Deno.serve: request.signal aborts")) warn(...args);
  };
}

/** One line of the terminal, rewritten; nothing where standard error goes to a file. */
const progress = Deno.stderr.isTerminal()
  ? (line: string) => io.prompt(`\r${line}\x1b[K`)
  : undefined;

/** A disk that is full or a reader that has gone is no reason to stop: there is nobody to tell. */
function complain(line: string): void {
  try {
    console.error(line);
  } catch {
    // as above
  }
}

/** What is the user's to mend gets one line; exit code 2 for configuration, 1 for the rest. */
function exitCodeOf(thrown: unknown): number {
  const error = original(thrown);
  if (error instanceof ConfigError) {
    io.complain(error.message);
    return 2;
  }
  if (error instanceof CaError) {
    io.complain(`berth: forward: ${error.message}`);
    return 2;
  }
  if (error instanceof DepotError) {
    io.complain(`berth: ${error.message}`);
    return 2;
  }
  const known = error instanceof ListenError || error instanceof CacheLocked ||
    error instanceof CacheTooNew || error instanceof DataDirError ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotFound;
  io.complain(known ? `berth: ${error.message}` : `berth: ${String(error)}`);
  return 1;
}

if (import.meta.main) {
  if (Deno.build.standalone) silenceLegacyAbort();
  const style = styleFor(Deno.stdout.isTerminal(), io.env);
  Deno.exit(await runCommand(Deno.args, { ...io, style }, RUNNERS).catch(exitCodeOf));
}
