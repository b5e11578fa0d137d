/** Temporary directories that leave nothing behind, mounts included. */

export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/**
 * A new directory under `parent`, the system's temporary one when left out. Disposing of it unmounts
 * what is mounted below, and may be done again.
 */
export async function scratchDir(purpose: string, parent?: string): Promise<Scratch> {
  const options = { prefix: `berth-e2e-${purpose}-`, ...(parent && { dir: parent }) };
  const path = await Deno.realPath(await Deno.makeTempDir(options));
  // Berth may run under another account, and reads certificates of the tests' registries.
  await Deno.chmod(path, 0o755);
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const mount of await mountsBelow(path)) {
        await new Deno.Command("umount", { args: ["-l", mount], stderr: "null" }).output();
      }
      await Deno.remove(path, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
  };
}

/** The mount points at and below a directory, deepest first. proc(5) writes a space as `\040`. */
async function mountsBelow(path: string): Promise<string[]> {
  const mounts = await Deno.readTextFile("/proc/self/mounts");
  return mounts.split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "))
    .filter((point) => point === path || point.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length);
}
