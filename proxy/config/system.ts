/** What loading a configuration needs from the machine; a test hands in its own. */
import { dirname } from "node:path";
import { whyUnwritable, writeAtomically } from "../../base/atomic_file.ts";
import { describeReadError } from "../../base/read_error.ts";
import type { ConfigProblem } from "./problem.ts";

export interface System {
  /** The text of a file; throws `Deno.errors.NotFound` and its like. */
  readFile(path: string): Promise<string>;
  /** Whether there is a file or, with `kind` "directory", a directory at `path`. */
  exists(path: string, kind?: "file" | "directory"): Promise<boolean>;
  /** Who may do what with a file, as `chmod` has it; `undefined` where that cannot be said. */
  mode(path: string): Promise<number | undefined>;
  /** Why a file cannot be written, and what to do; `undefined` where it can. */
  whyUnwritable(path: string): Promise<string | undefined>;
  /** Puts `text` in the place of a file that is Berth's own; makes its directory. */
  keepFile(path: string, text: string): Promise<void>;
  fetch(url: string, init: { signal: AbortSignal; redirect: "follow" }): Promise<Response>;
}

/** The real machine. */
export const realSystem: System = {
  readFile: (path) => Deno.readTextFile(path),
  async exists(path, kind = "file") {
    try {
      const info = await Deno.stat(path);
      return kind === "directory" ? info.isDirectory : !info.isDirectory;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      if (error instanceof Deno.errors.NotADirectory) return false;
      // It is there but hidden from this process: reading it will say so.
      return kind === "file";
    }
  },
  async mode(path) {
    const info = await Deno.stat(path).catch(() => undefined);
    return info?.mode ?? undefined;
  },
  whyUnwritable,
  async keepFile(path, text) {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, text);
  },
  fetch: (url, init) => fetch(url, init),
};

/** The problem of a file that `key` names and that cannot be read. */
export function unreadable(
  path: string,
  error: unknown,
  key = "",
  origin?: ConfigProblem["origin"],
): ConfigProblem {
  return { key, origin, message: `cannot read ${path}: ${describeReadError(error)}` };
}
