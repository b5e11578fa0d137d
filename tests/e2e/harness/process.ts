/** Real processes: run one to its end, or keep one running until it is disposed of. */
import { join } from "node:path";
import { GATHER_MS } from "../../../base/line_writer.ts";
import { scratchDir } from "./scratch.ts";
import { until } from "./wait.ts";

interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: Uint8Array<ArrayBuffer>;
  /** Milliseconds after which the program is killed and the run fails. */
  timeout?: number;
}

export interface Finished {
  code: number;
  stdout: Uint8Array<ArrayBuffer>;
  stderr: string;
}

/** Runs a program to its end, whatever its exit code; killed after `timeout` (two minutes). */
export async function finish(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = new Deno.Command(command, {
    args,
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    stdin: options.stdin ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeout ?? 120_000);
  try {
    const written = options.stdin && feed(child.stdin, options.stdin);
    const { code, stdout, stderr } = await child.output();
    await written;
    return { code, stdout, stderr: new TextDecoder().decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
}

/** Runs a program and returns its standard output; an exit code other than 0 throws with its words. */
export async function run(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await finish(command, args, options);
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")}: exit code ${code}\n${text}${stderr}`);
  }
  return text;
}

export interface StartOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Whether the process serves by now; asked again until it says so. */
  ready: () => Promise<boolean>;
  /** Is told the process's id before `ready` is asked. */
  started?: (pid: number) => void;
  /** Milliseconds until it must be ready. */
  deadline?: number;
}

/** A process of the test's own. Disposing of it ends it: SIGTERM, then SIGKILL after ten seconds. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed of all that happened so far, both streams. */
  output(): Promise<string>;
  /** Sends a signal and waits for the end; resolves to the exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/**
 * Starts a program and waits until it is ready. Its output goes to a file, so that nothing in this
 * process has to drain a pipe. Throws with that output when it ends early or is not ready in time.
 */
export async function start(
  command: string,
  args: string[],
  options: StartOptions,
): Promise<Running> {
  const scratch = await scratchDir("log");
  const log = join(scratch.path, "output");
  // The kernel ends it should this process die without a chance to.
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig", "TERM", "sh", "-c", 'exec "$@" >"$0" 2>&1', log, command, ...args],
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    stdin: "null",
  }).spawn();
  options.started?.(child.pid);
  let ended = false;
  const status = child.status.finally(() => ended = true);

  const stop = async (signal: Deno.Signal = "SIGTERM"): Promise<number> => {
    if (!ended) child.kill(signal);
    const timer = setTimeout(() => !ended && child.kill("SIGKILL"), 10_000);
    const { code } = await status.finally(() => clearTimeout(timer));
    return code;
  };
  const running: Running = {
    pid: child.pid,
    async output() {
      // For so long Berth gathers lines; once more for a machine that is busy.
      await new Promise((resolve) => setTimeout(resolve, 2 * GATHER_MS));
      return await Deno.readTextFile(log).catch(() => "");
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await scratch[Symbol.asyncDispose]();
    },
  };
  try {
    await until(`${command} ready`, async () => {
      if (ended) throw new Error(`${command} ended`);
      return await options.ready();
    }, options.deadline ?? 20_000);
  } catch (error) {
    const output = await running.output();
    await running[Symbol.asyncDispose]();
    throw new Error(`${command} ${args.join(" ")}: did not start\n${output}`, { cause: error });
  }
  return running;
}
