/** The disk under `cache.dir`: rights, room, and a file system that keeps what it is given. */
import { stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { whyUnwritable } from "../../base/atomic_file.ts";
import { formatSize } from "../../base/units.ts";
import type { Config } from "../../proxy/config/schema.ts";
import { reasonOf } from "../data_dir.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** `f_type` of statfs(2), for those that matter. */
const KINDS: Readonly<Record<number, readonly [name: string, why: string]>> = {
  0x6969: ["NFS", "SQLite's locks are not safe there"],
  0xff534d42: ["SMB", "SQLite's locks are not safe there"],
  0xfe534d42: ["SMB", "SQLite's locks are not safe there"],
  0x01021994: ["tmpfs", "it is memory, and empty after a restart of the machine"],
  0x794c7630: ["overlayfs", "in a container it goes with the container"],
};

/** Changes nothing: what is not there yet is not made. */
export async function diskFindings(
  { dir, max_size, min_free }: Pick<Config["cache"], "dir" | "max_size" | "min_free">,
): Promise<Finding[]> {
  if (!dir) return [ok("cache.dir", "empty: nothing is kept")];
  try {
    const there = await nearest(dir);
    const { isDirectory } = await stat(there).then((it) => ({ isDirectory: it.isDirectory() }));
    if (!isDirectory) throw new Deno.errors.NotADirectory(there);
    const why = await whyUnwritable(join(there, "doctor"));
    if (why !== undefined) throw new Error(why);
    const rights = there === dir ? `${dir} can be written` : `${dir} is made at startup`;
    const { type, bavail, blocks, bsize, files, ffree } = await statfs(there);
    return [
      ok("cache.dir", rights),
      ...kindFinding(type),
      roomFinding({ free: bavail * bsize, total: blocks * bsize, max_size, min_free }),
      ...inodeFinding(files, ffree),
    ];
  } catch (error) {
    const next = "Give this user the directory (chown), or set cache.dir to one of its own.";
    return [problem("cache.dir", `${dir} cannot be used: ${reasonOf(error, dir)}`, next)];
  }
}

/** `dir`, or the nearest directory above it that exists. */
async function nearest(dir: string): Promise<string> {
  for (let at = dir;; at = dirname(at)) {
    const known = await stat(at).then(() => true, (error) => {
      if (error.code === "ENOENT") return false;
      throw error;
    });
    if (known || at === dirname(at)) return at;
  }
}

function kindFinding(type: number): Finding[] {
  const [name, why] = KINDS[type >>> 0] ?? [];
  if (name === undefined) return [];
  return [warning("cache.dir", `on ${name}: ${why}`, "Mount a disk or a volume there.")];
}

function roomFinding(
  { free, total, max_size, min_free }: {
    free: number;
    total: number;
    max_size: number;
    min_free: number;
  },
): Finding {
  const text = `${formatSize(free)} free of ${formatSize(total)}`;
  if (free < min_free) {
    return problem(
      "disk",
      `${text}; ${formatSize(min_free)} are to stay free (cache.min_free), so nothing new is kept`,
      "Make room, or lower cache.min_free.",
    );
  }
  if (max_size > total - min_free) {
    return warning(
      "disk",
      `${text}; cache.max_size (${formatSize(max_size)}) is more than the disk has`,
      "Berth evicts by cache.min_free then. Lower cache.max_size to say how much it may have.",
    );
  }
  return ok("disk", text);
}

function inodeFinding(files: number, free: number): Finding[] {
  if (files === 0 || free / files > 0.02) return [];
  return [problem("disk", `${free} inodes left of ${files}`, "Each blob is a file: make room.")];
}
