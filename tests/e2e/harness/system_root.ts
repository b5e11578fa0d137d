/** This system's files in a root of their own, where programs may write and nothing of it stays. */
import { join, relative } from "node:path";
import { run } from "./process.ts";
import { scratchDir } from "./scratch.ts";

export interface SystemRoot extends AsyncDisposable {
  readonly path: string;
  /** Runs a shell command in there, without proxy settings of our own; fails with its words. */
  sh(command: string): Promise<string>;
}

/** Where the tests, and the program that they test, are. */
const PROJECT = join(import.meta.dirname!, "..", "..", "..");

/** Lays a writable layer over `/` (overlayfs: Linux, as root) for programs that run in a chroot. */
export async function systemRoot(): Promise<SystemRoot> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("root"));
  const at = (name: string) => join(scratch.path, name);
  // A layer of overlayfs cannot lie on overlayfs, which containers have for `/`.
  await Deno.mkdir(at("tmpfs"));
  await run("mount", ["-t", "tmpfs", "tmpfs", at("tmpfs")]);
  const [upper, work, root] = [at("tmpfs/upper"), at("tmpfs/work"), at("root")];
  for (const dir of [upper, work, root]) await Deno.mkdir(dir);
  await layOver("/", { upper, work, root });
  // Nothing of the real system is bound in: what is removed below here is removed nowhere else.
  await run("mount", ["-t", "proc", "proc", join(root, "proc")]);
  for (const dir of ["dev", "tmp"]) await run("mount", ["-t", "tmpfs", "tmpfs", join(root, dir)]);
  // A /tmp of its own hides the program where it was built below the real one.
  if (!relative("/tmp", PROJECT).startsWith("..")) {
    const project = [at("tmpfs/project"), at("tmpfs/project-work"), join(root, PROJECT)] as const;
    for (const dir of project) await Deno.mkdir(dir, { recursive: true });
    await layOver(PROJECT, { upper: project[0], work: project[1], root: project[2] });
  }
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

/** Mounts at `root` what is in `lower`, and keeps in `upper` what is changed there. */
async function layOver(
  lower: string,
  { upper, work, root }: { upper: string; work: string; root: string },
): Promise<void> {
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await run("mount", ["-t", "overlay", "overlay", "-o", layers, root]);
}
