/** The command line: `berth [serve]`, the commands beside it, and their exit codes. */
// First of all: of the executable's files, that with @peculiar/x509, which cannot be loaded without,
// may come before those that import this.
import "reflect-metadata";
import { cacheOptions } from "./cli/cache_options.ts";
import { caCommand } from "./cli/ca_command.ts";
import { cacheCommand } from "./cli/cache_command.ts";
import { SCRIPTS, type Shell } from "./cli/completions/script.ts";
import { configCommand, hashPasswordCommand } from "./cli/config_command.ts";
import { failureOf } from "./cli/failure.ts";
import { healthcheck } from "./cli/healthcheck.ts";
import { prefetchCommand } from "./cli/prefetch_command.ts";
import { pullCommand } from "./cli/pull_command.ts";
import { runCommand, type Runners } from "./cli/run.ts";
import { serve } from "./cli/serve.ts";
import { styleFor } from "./cli/style.ts";
import { versionText } from "./cli/version.ts";

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
const cacheIo = () => ({ ...io, options: cacheOptions, now: Date.now, progress });
const cache = (name: Parameters<typeof cacheCommand>[0]) => (args: string[]) =>
  cacheCommand(name, args, cacheIo());
const bundle = (name: "bundle create" | "bundle load") => async (args: string[]) => {
  const { bundleCommand } = await import("./cli/bundle/command.ts");
  return await bundleCommand(name, args, cacheIo());
};
const print = (text: string) => Promise.resolve(io.print(text) ?? 0);

const RUNNERS: Runners = {
  serve: (args) => serve(args, { ...io, root: ROOT }),
  "config check": config("check"),
  "config print": config("print"),
  "config migrate": config("migrate"),
  "cache ls": cache("cache ls"),
  "cache stat": cache("cache stat"),
  "cache images": cache("cache images"),
  "cache pin": cache("cache pin"),
  "cache unpin": cache("cache unpin"),
  "cache evict": cache("cache evict"),
  "cache verify": cache("cache verify"),
  tags: cache("tags"),
  freeze: cache("freeze"),
  unfreeze: cache("unfreeze"),
  release: cache("release"),
  "policy try": cache("policy try"),
  doctor: async (args) => {
    const { doctor } = await import("./cli/doctor/doctor.ts");
    return await doctor(args, { ...io, now: Date.now });
  },
  demo: async (args) => {
    const { demo } = await import("./cli/demo/demo.ts");
    return await demo(args, { ...io, root: ROOT });
  },
  "prefetch add": (args) => prefetchCommand(args, { ...io, now: Date.now }),
  pull: (args) => pullCommand(args, cacheIo()),
  "bundle create": bundle("bundle create"),
  "bundle load": bundle("bundle load"),
  ca: (args) => caCommand(args, io),
  "hash-password": (args) => hashPasswordCommand(args, io),
  healthcheck: (args) => healthcheck(args, io),
  completions: ([shell]) => print(SCRIPTS[shell as Shell]().trimEnd()),
  version: (args) => print(versionText(args, ROOT)),
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

if (import.meta.main) {
  if (Deno.build.standalone) silenceLegacyAbort();
  const style = styleFor(Deno.stdout.isTerminal(), io.env);
  Deno.exit(
    await runCommand(Deno.args, { ...io, style }, RUNNERS).catch((thrown) => {
      const { text, code } = failureOf(thrown);
      io.complain(text);
      return code;
    }),
  );
}
