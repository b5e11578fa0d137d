/** A Docker daemon of the test's own, and its command line. */
import { join } from "node:path";
import { fileDigests, type PlatformImage } from "./image.ts";
import { finish, run, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";

export interface Docker extends AsyncDisposable {
  docker(...args: string[]): Promise<string>;
  /** Fails unless the daemon holds `name` as the given platform's image, every layer's bytes. */
  holds(name: string, image: PlatformImage): Promise<void>;
}

/**
 * Starts dockerd without network and on the vfs driver, so that it runs in a container or on a
 * machine without systemd. `mirror` is its `registry-mirrors`, `env` goes into its environment.
 */
export async function startDocker(
  mirror?: string,
  env: Record<string, string> = {},
): Promise<Docker> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("docker")).path;
  const at = (name: string) => join(dir, name);
  await Deno.writeTextFile(at("daemon.json"), "{}");
  const host = ["-H", `unix://${at("docker.sock")}`];
  const clientEnv = { DOCKER_CONFIG: at("client") };
  stack.use(
    await start("dockerd", [
      ...host,
      ...["--config-file", at("daemon.json"), "--pidfile", at("pid")],
      ...["--data-root", at("root"), "--exec-root", at("exec")],
      ...["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
      ...(mirror ? ["--registry-mirror", mirror] : []),
    ], {
      env,
      ready: async () =>
        (await finish("docker", [...host, "version"], { env: clientEnv })).code === 0,
      deadline: 60_000,
    }),
  );
  const docker = (...args: string[]) => run("docker", [...host, ...args], { env: clientEnv });
  const owned = stack.move();
  return {
    docker,
    async holds(name, image) {
      const id = (await docker("image", "inspect", "--format", "{{.Id}}", name)).trim();
      if (id !== image.config) throw new Error(`docker's ${name} is ${id}, not ${image.config}`);
      const saved = at("saved");
      await Deno.mkdir(saved);
      await docker("save", "-o", at("saved.tar"), name);
      await run("tar", ["-xf", at("saved.tar"), "-C", saved]);
      const found = await fileDigests(saved);
      for (const digest of image.diffIds) {
        if (!found.has(digest)) throw new Error(`docker's ${name} lacks layer ${digest}`);
      }
      await Deno.remove(saved, { recursive: true });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
