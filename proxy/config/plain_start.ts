/** What holds while nobody has written a configuration. */
import type { Setting } from "./provenance.ts";
import type { System } from "./system.ts";

/**
 * The dashboard of a Berth that somebody starts to try it is for that machine alone. In a container
 * its address is reached only where a port is published, and there it could not be loopback.
 */
export async function plainStart(
  env: Readonly<Record<string, string | undefined>>,
  system: Pick<System, "exists">,
): Promise<Setting[]> {
  if (await inContainer(env, system)) return [];
  return [{ path: ["admin", "listen"], value: "127.0.0.1:8081", origin: { kind: "default" } }];
}

/** By what Docker, Podman and Kubernetes leave in theirs, and by `container`, which systemd asks for. */
async function inContainer(
  env: Readonly<Record<string, string | undefined>>,
  system: Pick<System, "exists">,
): Promise<boolean> {
  if (env.container || env.KUBERNETES_SERVICE_HOST) return true;
  const marks = ["/.dockerenv", "/run/.containerenv"].map((path) => system.exists(path));
  return (await Promise.all(marks)).includes(true);
}
