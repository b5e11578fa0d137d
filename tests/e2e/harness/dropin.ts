/** Berth in another tool's place: started by that tool's environment, flags and files. */
import { join } from "node:path";
import { NOBODY } from "./account.ts";
import { COMMAND } from "./berth.ts";
import { type Running, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { answers } from "./wait.ts";

export interface DropInOptions {
  args?: string[];
  env?: Record<string, string>;
  /** Files of the working directory. */
  files?: Record<string, string>;
  /** A port of loopback at which it will answer `/healthz`. */
  port: number;
}

export interface DropIn extends Running {
  /** Its working directory. */
  readonly dir: string;
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

/** What no tool knows: the dashboard, which tests put on a free port. */
const DASHBOARD = { BERTH_ADMIN_LISTEN: "127.0.0.1:0", BERTH_ADMIN_AUTH: "none" };

/** Starts Berth so, with nothing else in its environment, and waits until it answers. */
export async function startAs(options: DropInOptions): Promise<DropIn> {
  const { args = [], files = {}, port } = options;
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("dropin")).path;
  if (Deno.uid() === 0) await Deno.chown(dir, NOBODY.uid, NOBODY.gid);
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(dir, name), text);
  const env = Object.entries({ ...DASHBOARD, ...options.env }).map((pair) => pair.join("="));
  const [program, ...words] = withEnvironment(COMMAND, env);
  const process = stack.use(
    await start(program!, [...words, ...args], {
      cwd: dir,
      ready: () => answers(`http://127.0.0.1:${port}/healthz`, { statuses: [200] }),
    }),
  );
  const owned = stack.move();
  return {
    ...process,
    dir,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** `command` with `variables`: the one that begins with nothing (`env -i`) gets them after that. */
function withEnvironment(command: string[], variables: string[]): string[] {
  const at = command.indexOf("-i") + 1;
  if (at === 0) return ["env", ...variables, ...command];
  return [...command.slice(0, at), ...variables, ...command.slice(at)];
}
