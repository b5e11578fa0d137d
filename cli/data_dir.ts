/** Why the data directory cannot be used, in one line that says what to do. */
import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CacheLocked, CacheTooNew, DepotError } from "../cache/errors.ts";

/** Less than this much room left is what a full disk looks like. */
const FULL_BYTES = 1 << 20;

/** The data directory cannot be used, for a reason that is its user's to mend. */
export class DataDirError extends Error {
  override name = "DataDirError";
  constructor(readonly dir: string, reason: string, options?: ErrorOptions) {
    super(`cache.dir ${dir} cannot be used: ${reason}`, options);
  }
}

/**
 * Does `work`, which opens files in `dir`. What goes wrong with the directory is thrown as
 * {@linkcode DataDirError}; `CacheLocked`, `CacheTooNew` and `DepotError` say enough and
 * pass.
 */
export async function usingDataDir<T>(dir: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = original(error);
    const known = [CacheLocked, CacheTooNew, DepotError].some((type) => cause instanceof type);
    if (known) throw cause;
    throw new DataDirError(dir, reasonOf(cause, dir), { cause });
  }
}

/**
 * Throws {@linkcode DataDirError} unless a cache was kept in `dir` before. For commands that look at
 * one: what they are given by mistake is not made into an empty cache.
 */
export async function expectCache(dir: string): Promise<void> {
  const refuse = (found: string) => new DataDirError(dir, `expected a cache there, but ${found}`);
  try {
    if (!(await Deno.stat(dir)).isDirectory) throw refuse("it is not a directory");
    await Deno.stat(join(dir, "index.db"));
  } catch (error) {
    if (error instanceof DataDirError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      const there = await Deno.stat(dir).then(() => true, () => false);
      throw refuse(there ? "it holds none (no index.db)" : "there is no such directory");
    }
    const denied = error instanceof Deno.errors.PermissionDenied;
    throw denied ? refuse("this user may not look into it") : refuse(reasonOf(error, dir));
  }
}

/** What went wrong first, where closing what was open failed as well. */
export function original(error: unknown): unknown {
  return error instanceof SuppressedError ? original(error.suppressed) : error;
}

/** Why `dir` cannot be used, in a few words. */
export function reasonOf(error: unknown, dir: string): string {
  // Deno keeps some directories of the system from every program that may not do everything.
  if (error instanceof Deno.errors.NotCapable) return "Berth has no permission to use it";
  if (isFull(dir) || codeOf(error) === "ENOSPC") return "the disk is full";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not write there";
  if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
    return "it is not a directory";
  }
  if (codeOf(error) === "EROFS") return "the file system is read-only";
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

/** Whether the disk of `dir`, or of the nearest directory above it that exists, has no room. */
function isFull(dir: string): boolean {
  try {
    const { blocks, bavail, bsize } = statfsSync(dir);
    // What is no disk, as /proc, has no room and is not full.
    return blocks > 0 && bavail * bsize < FULL_BYTES;
  } catch {
    const above = dirname(dir);
    return above !== dir && isFull(above);
  }
}
