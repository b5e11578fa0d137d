/** Berth as users run it: in a process of its own, with a configuration file. */
import { join, resolve } from "node:path";
import { giveToBerth, NOBODY } from "./account.ts";
import { finish, type Finished, start } from "./process.ts";
import type { RealRegistry } from "./registry.ts";
import { scratchDir } from "./scratch.ts";
import { answers, listens } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

const ROOT = join(import.meta.dirname!, "..", "..", "..");

/** Configuration as the file holds it; what is given here goes over the tests' own settings. */
export type Settings = Record<string, unknown>;

export interface Berth extends AsyncDisposable {
  /** `localhost:port`, as image names spell it. */
  readonly host: string;
  readonly url: string;
  /** The dashboard's, unless the test has settings of its own for it. */
  readonly admin: string;
  readonly pid: number;
  readonly cacheDir: string;
  /** What the running process has printed so far. */
  output(): Promise<string>;
  stop(signal?: Deno.Signal): Promise<number>;
  /** Runs one of Berth's other commands on the same configuration, to its end. */
  command(...args: string[]): Promise<Finished>;
  /** Ends it with `signal` and starts it again: the same port, configuration and cache. */
  restart(signal?: Deno.Signal): Promise<void>;
}

const FROM_SOURCE = [
  Deno.execPath(),
  "run",
  "--unstable-no-legacy-abort",
  "-A",
  join(ROOT, "main.ts"),
];

/** The executable under test, which `E2E_EXECUTABLE` names; `undefined`: from source. */
export const EXECUTABLE = executable();

/** How Berth is started when a test says nothing else. */
export const COMMAND = EXECUTABLE === undefined ? FROM_SOURCE : unprivileged(EXECUTABLE);

function executable(): string | undefined {
  const path = Deno.env.get("E2E_EXECUTABLE");
  return path === undefined ? undefined : resolve(ROOT, path);
}

/** Runs `program` with an empty environment and, when root runs the tests, as nobody. */
export function unprivileged(program: string): string[] {
  const { uid, gid } = NOBODY;
  const drop = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return [...Deno.uid() === 0 ? drop : [], "env", "-i", program];
}

/**
 * Starts Berth on free ports of loopback with an empty cache and waits until it is ready; with the
 * registry API at another `address` where one is given.
 */
export async function startBerth(
  settings: Settings = {},
  [command, ...args] = COMMAND,
  address = "127.0.0.1",
): Promise<Berth> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("berth")).path;
  await giveToBerth(dir);
  const port = freePort();
  const adminPort = freePort();
  const cacheDir = join(dir, "cache");
  const config = {
    listen: `${address}:${port}`,
    shutdown_grace: "2s",
    ...settings,
    admin: {
      listen: `127.0.0.1:${adminPort}`,
      ...(settings.admin as Settings | undefined ?? { auth: "none" }),
    },
    cache: { dir: cacheDir, ...(settings.cache as Settings | undefined) },
  };
  const configFile = join(dir, "config.json");
  await Deno.writeTextFile(configFile, JSON.stringify(config));
  const launch = () =>
    start(command!, [...args, "--config", configFile], {
      cwd: dir,
      // Finding 100,000 blobs without an index takes a busy disk its time.
      deadline: 60_000,
      ready: () =>
        settings.tls
          ? listens(port)
          : answers(`http://${address}:${port}/readyz`, { statuses: [200] }),
    });
  let process = await launch();
  stack.defer(() => process[Symbol.asyncDispose]());
  const owned = stack.move();
  return {
    host: `${address === "127.0.0.1" ? "localhost" : address}:${port}`,
    url: `${settings.tls ? "https" : "http"}://${address}:${port}`,
    admin: `http://127.0.0.1:${adminPort}`,
    cacheDir,
    get pid() {
      return process.pid;
    },
    output: () => process.output(),
    stop: (signal) => process.stop(signal),
    command: (...words) =>
      finish(command!, [...args, ...words, "--config", configFile], { cwd: dir }),
    async restart(signal) {
      await process.stop(signal);
      await process[Symbol.asyncDispose]();
      process = await launch();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A registry's entry in the configuration, signing in where it asks for that. */
export function registrySettings(registry: RealRegistry, more: Settings = {}): Settings {
  return {
    url: registry.url,
    ...(registry.credentials && { auth: { mode: "proxy", ...registry.credentials } }),
    ...(registry.caFile && { ca_file: registry.caFile }),
    ...more,
  };
}
