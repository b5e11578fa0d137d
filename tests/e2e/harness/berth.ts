/** Berth as users run it: `main.ts` in a process of its own, with a configuration file. */
import { join } from "node:path";
import { start } from "./process.ts";
import type { RealRegistry } from "./registry.ts";
import { scratchDir } from "./scratch.ts";
import { answers, freePort } from "./wait.ts";

const ROOT = join(import.meta.dirname!, "..", "..", "..");

/** Configuration as the file holds it; what is given here goes over the tests' own settings. */
export type Settings = Record<string, unknown>;

export interface Berth extends AsyncDisposable {
  /** `localhost:port`, as image names spell it. */
  readonly host: string;
  readonly url: string;
  readonly pid: number;
  readonly cacheDir: string;
  output(): Promise<string>;
  stop(signal?: Deno.Signal): Promise<number>;
}

/** How to start Berth: from source, or a compiled executable. */
export const FROM_SOURCE = [Deno.execPath(), "run", "-A", join(ROOT, "main.ts")];

/** Starts Berth on free ports of loopback with an empty cache and waits until it is ready. */
export async function startBerth(
  settings: Settings = {},
  [command, ...args] = FROM_SOURCE,
): Promise<Berth> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("berth")).path;
  const port = freePort();
  const cacheDir = join(dir, "cache");
  const config = {
    listen: `127.0.0.1:${port}`,
    admin: { listen: `127.0.0.1:${freePort()}`, auth: "none" },
    cache: { dir: cacheDir },
    shutdown_grace: "2s",
    ...settings,
  };
  const configFile = join(dir, "config.json");
  await Deno.writeTextFile(configFile, JSON.stringify(config));
  const process = stack.use(
    await start(command!, [...args, "--config", configFile], {
      cwd: dir,
      ready: () => answers(`http://127.0.0.1:${port}/readyz`, { statuses: [200] }),
    }),
  );
  const owned = stack.move();
  return {
    host: `localhost:${port}`,
    url: `http://127.0.0.1:${port}`,
    pid: process.pid,
    cacheDir,
    output: process.output,
    stop: process.stop,
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
