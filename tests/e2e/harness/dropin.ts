/** Berth in another tool's place: started by that tool's environment, flags and files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { giveToBerth } from "./account.ts";
import { COMMAND } from "./berth.ts";
import { finish, type Finished, type Running, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import type { SystemRoot } from "./system_root.ts";
import { answers, listens } from "./wait.ts";

export interface Invocation {
  args?: string[];
  env?: Record<string, string>;
  /** Files of the working directory. */
  files?: Record<string, string>;
  /** The root that it runs in, as in a container; this system's when left out. */
  root?: SystemRoot;
}

export interface DropInOptions extends Invocation {
  /** A port of loopback at which it will answer `/healthz`. */
  port: number;
  /** Whether it answers there over TLS. */
  tls?: boolean;
}

export interface DropIn extends Running {
  /** Its working directory. */
  readonly dir: string;
  /** `127.0.0.1:port`, as image names spell it. */
  readonly host: string;
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

/** What no tool knows: the dashboard, which tests put on a free port. */
const DASHBOARD = { BERTH_ADMIN_LISTEN: "127.0.0.1:0", BERTH_ADMIN_AUTH: "none" };

/** Starts Berth so, with nothing else in its environment, and waits until it answers. */
export async function startAs(options: DropInOptions): Promise<DropIn> {
  const { args = [], port, tls = false } = options;
  const host = `127.0.0.1:${port}`;
  const ready = () => tls ? listens(port) : answers(`http://${host}/healthz`, { statuses: [200] });
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await workingDir(options)).path;
  const [program = "", ...words] = commandIn(dir, options);
  const process = stack.use(await start(program, [...words, ...args], { cwd: dir, ready }));
  const owned = stack.move();
  return {
    ...process,
    dir,
    host,
    url: `${tls ? "https" : "http"}://${host}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Runs one of Berth's other commands, such as `config print`, so and to its end. */
export async function runAs(invocation: Invocation, ...command: string[]): Promise<Finished> {
  await using dir = await workingDir(invocation);
  const [program = "", ...words] = commandIn(dir.path, invocation);
  const args = [...words, ...command, ...invocation.args ?? []];
  return await finish(program, args, { cwd: dir.path, timeout: 20_000 });
}

/** Fails unless `berth config print` says each of `lines` of `invocation`; returns all that it says. */
export async function configSays(invocation: Invocation, lines: string[]): Promise<string> {
  const { code, stdout, stderr } = await runAs(invocation, "config", "print");
  assert.equal(code, 0, stderr);
  const printed = new TextDecoder().decode(stdout);
  const said = new Set(printed.split("\n"));
  for (const line of lines) assert.ok(said.has(line), `${line}\n${printed}`);
  return printed;
}

/**
 * What `berth config migrate` makes of `invocation`: the same without flags and environment, and with
 * the file that it writes.
 */
export async function migrated(
  invocation: Invocation,
): Promise<Pick<Invocation, "files" | "root">> {
  const { code, stdout, stderr } = await runAs(invocation, "config", "migrate", "--output", "-");
  assert.equal(code, 0, stderr);
  return {
    files: { ...invocation.files, "config.yaml": new TextDecoder().decode(stdout) },
    ...(invocation.root && { root: invocation.root }),
  };
}

async function workingDir({ files = {}, root }: Invocation) {
  const dir = await scratchDir("dropin", root && join(root.path, "srv"));
  await giveToBerth(dir.path);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(dir.path, name), text);
  }
  return dir;
}

/** How to start Berth in `dir`; a command that begins with `env -i` gets variables after that. */
function commandIn(dir: string, { env, root }: Invocation): string[] {
  const there = root ? ["-C", dir.slice(root.path.length)] : [];
  const variables = Object.entries({ ...DASHBOARD, ...env }).map((pair) => pair.join("="));
  const at = COMMAND.indexOf("-i") + 1;
  const clean = at === 0 ? ["env"] : COMMAND.slice(0, at);
  const command = [...clean, ...there, ...variables, ...COMMAND.slice(at)];
  return root ? ["chroot", root.path, ...command] : command;
}
