/** This system's files in a root of their own, where programs may write and nothing of it stays. */
import { join } from "node:path";
import { run } from "./process.ts";
import { scratchDir } from "./scratch.ts";

export interface SystemRoot extends AsyncDisposable {
  readonly path: string;
  /** Runs a shell command in there, without proxy settings of our own; fails with its words. */
  sh(command: string): Promise<string>;
}

/** Lays a writable layer over `/` (overlayfs: Linux, as root) for programs that run in a chroot. */
export async function systemRoot(): Promise<SystemRoot> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("root"));
  const at = (name: string) => join(scratch.path, name);
  // A layer of overlayfs cannot lie on overlayfs, which containers have for `/`.
  await Deno.mkdir(at("tmpfs"));
  await run("mount", ["-t", "tmpfs", "tmpfs", at("tmpfs")]);
  const [upper, work, root] = ["tmpfs/upper", "tmpfs/work", "root"].map(at) as [
    string,
    string,
    string,
  ];
  for (const dir of [upper, work, root]) await Deno.mkdir(dir);
  const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
  await run("mount", ["-t", "overlay", "overlay", "-o", layers, root]);
  // Nothing of the real system is bound in: what is removed below here is removed nowhere else.
  await run("mount", ["-t", "proc", "proc", join(root, "proc")]);
  for (const dir of ["dev", "tmp"]) await run("mount", ["-t", "tmpfs", "tmpfs", join(root, dir)]);
  await Deno.mkdir(join(root, "dev", "shm")); // Podman's locks.
  for (const [name, minor] of [["null", 3], ["zero", 5], ["random", 8], ["urandom", 9]] as const) {
    await run("mknod", ["-m", "666", join(root, "dev", name), "c", "1", String(minor)]);
  }
  const owned = stack.move();
  const unset = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"]
    .flatMap((name) => ["-u", name]);
  return {
    path: root,
    sh: (command) => run("env", [...unset, "chroot", root, "sh", "-c", command]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
