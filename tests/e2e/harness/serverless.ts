/** proxy/serverless.ts as platforms run it: bundled to one file, and served by `deno serve`. */
import { join } from "node:path";
import { run, type Running, start } from "./process.ts";
import { answers } from "./wait.ts";

const ROOT = join(import.meta.dirname!, "..", "..", "..");

/** Bundles the handler into `file`. */
export async function bundleServerless(file: string): Promise<void> {
  const source = join(ROOT, "proxy", "serverless.ts");
  const options = ["--quiet", "--platform", "browser", "-o", file];
  await run(Deno.execPath(), ["bundle", ...options, source], { cwd: ROOT });
}

export interface Served extends Running {
  /** `127.0.0.1:port`, as image names spell it. */
  readonly host: string;
  readonly url: string;
}

/**
 * Starts `deno serve` on `module` at a port of loopback, allowed to reach loopback and to read the
 * environment, to which `env` is added.
 */
export async function denoServe(
  module: string,
  port: number,
  env: Record<string, string>,
): Promise<Served> {
  const host = `127.0.0.1:${port}`;
  const permissions = ["--no-prompt", "--allow-net=127.0.0.1", "--allow-env"];
  const server = await start(Deno.execPath(), [
    ...["serve", "--no-config", "--no-remote", "--no-npm", ...permissions],
    ...["--host", "127.0.0.1", "--port", String(port), module],
  ], { env, ready: () => answers(`http://${host}/v2/`) });
  return { ...server, host, url: `http://${host}` };
}
