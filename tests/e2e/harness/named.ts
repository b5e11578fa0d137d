/** What bears a public name, for programs that run in a root of their own: its hosts file says so. */
import { join } from "node:path";
import { type RealRegistry, type RegistryOptions, startRegistry } from "./registry.ts";
import type { SystemRoot } from "./system_root.ts";
import { loopbackAddress } from "./wait.ts";

/** Makes `name` known in `root`, at an address of loopback that it has for itself. */
export async function nameIn(root: SystemRoot, name: string): Promise<string> {
  const address = loopbackAddress();
  const line = `${address} ${name}\n`;
  await Deno.writeTextFile(join(root.path, "etc", "hosts"), line, { append: true });
  return address;
}

/** Starts a registry over TLS that is `name`, port 443, in `root`. */
export async function startNamed(
  root: SystemRoot,
  name: string,
  options: RegistryOptions = {},
): Promise<RealRegistry> {
  const address = await nameIn(root, name);
  return await startRegistry({ kind: "tls", ...options, address, port: 443, names: [name] });
}
