/** `berth serve`: Berth from its start to the signal that ends it. */
import type { LoadInput } from "../proxy/config/load_input.ts";
import { changeWords } from "../proxy/config/changes.ts";
import { type ReloadResult, watchConfig } from "../proxy/config/live.ts";
import { formatProblem } from "../proxy/config/problem.ts";
import { configureLog, flushLog, logger } from "../proxy/observe/log.ts";
import { failureOf } from "./failure.ts";
import { type Program, startProgram } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the command reads and writes. */
interface ServeIo extends Surroundings, Omit<LoadInput, "args" | "env"> {
  complain(text: string): void;
}

/**
 * Runs `berth serve …args` until SIGTERM or SIGINT; the result is the exit code. Throws
 * `ConfigError` for a configuration that cannot be used, and what `startProgram` throws.
 */
export async function serve(args: readonly string[], io: ServeIo): Promise<number> {
  const current: { program?: Program } = {};
  const live = await watchConfig({ ...io, args }, {
    apply: ({ config }) => current.program?.reconfigure(config),
  });
  await using _ = { [Symbol.asyncDispose]: () => live.close() };
  configureLog(live.current.log);
  await using _log = { [Symbol.asyncDispose]: flushLog };
  const json = live.current.log.format === "json";
  const { complain } = io;
  using _errors = onUncaught((error) => void tellAndExit(error, { json, complain }));
  for (const warning of live.loaded.warnings) logger("config").warn(warning);
  const started = await startProgram(live, io).catch((error) => {
    if (!json) throw error;
    return failureOf(error);
  });
  if ("code" in started) {
    logger("start").error(started.text);
    return started.code;
  }
  const program = current.program = started;
  // Whoever reads that it has started may end it at once.
  const stopped = stopSignal();
  logger("start").info("started", program.banner.fields);
  await flushLog();
  if (!json) io.complain(program.banner.text);
  live.subscribe(logReload);
  const reload = () => void live.reload("SIGHUP");
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", reload);
  await stopped;
  if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", reload);
  await program.close(live.current.shutdown_grace);
  logger("start").info("stopped");
  return 0;
}

/**
 * Calls `tell` with an error that nobody has caught, and does without what Deno does then: it ends
 * the process at once, and the last lines of the log, which say how it came to that, with it.
 */
function onUncaught(tell: (error: unknown) => void): Disposable {
  const thrown = (event: ErrorEvent) => {
    event.preventDefault();
    tell(event.error);
  };
  const rejected = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    tell(event.reason);
  };
  addEventListener("error", thrown);
  addEventListener("unhandledrejection", rejected);
  return {
    [Symbol.dispose]() {
      removeEventListener("error", thrown);
      removeEventListener("unhandledrejection", rejected);
    },
  };
}

async function tellAndExit(
  error: unknown,
  { json, complain }: { json: boolean; complain: ServeIo["complain"] },
): Promise<never> {
  const text = `Uncaught ${Deno.inspect(error)}`;
  if (json) logger("start").error(text);
  await flushLog();
  if (!json) complain(`error: ${text}`);
  Deno.exit(1);
}

function logReload({ ok, reason, by, problems, changes, warnings }: ReloadResult): void {
  const log = logger("config");
  for (const problem of problems) {
    log.error(`configuration not reloaded: ${formatProblem(problem)}`);
  }
  for (const warning of warnings) log.warn(warning);
  if (ok) log.info(`configuration reloaded (${by || reason}): ${changeWords(changes)}`);
}

/** Resolves at SIGTERM or SIGINT. */
export function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGINT", resolve);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", resolve);
  return promise;
}
