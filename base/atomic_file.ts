/** Replacing a file so that a reader finds the old text or the new one, never half of it. */
import { basename, dirname, join } from "node:path";
import { chmod, chown, open, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";

/** Why `file` cannot be written, and what to do; `undefined` when it can. Nothing is changed. */
export async function whyUnwritable(file: string): Promise<string | undefined> {
  try {
    await (await open(file, "r+")).close();
    return undefined;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return describeWriteError(error);
  }
  const probe = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    await (await open(probe, "wx")).close();
    await unlink(probe);
    return undefined;
  } catch (error) {
    return describeWriteError(error);
  }
}

/**
 * Writes `text` to `file` by way of a temporary file beside it, synced and renamed. A symbolic link
 * is followed, mode and owner are kept; a new file gets `mode`, without it one that only its owner
 * may read. Where the file cannot be replaced (it is mounted into a container), it is written in
 * place. Throws what the system says.
 */
export async function writeAtomically(file: string, text: string, mode = 0o600): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const old = await stat(target).catch(() => undefined);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  try {
    await writeSynced(temporary, text);
    await chmod(temporary, old ? old.mode & 0o7777 : mode);
    // Another owner's file can only stay theirs when we are root.
    if (old) await chown(temporary, old.uid, old.gid).catch(() => {});
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    if (!["EBUSY", "EXDEV", "EACCES", "EPERM"].includes(codeOf(error))) throw error;
    // The directory is not ours, or the file is a mount point: the file alone may be.
    await writeFile(target, text, { flag: "r+" });
    const handle = await open(target, "r+");
    try {
      await handle.truncate(new TextEncoder().encode(text).length);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? "");
}

/** Why a file could not be written, in words that say what to do. */
export function describeWriteError(error: unknown): string {
  switch (codeOf(error)) {
    case "EROFS":
      return "its file system is read-only (a ConfigMap, a mount with :ro); change it at its source";
    case "EACCES":
    case "EPERM":
      return "Berth's user may not write it; grant that user write access, or change it by hand";
    case "ENOSPC":
      return "the disk is full";
    case "ENOENT":
      return "there is no such directory";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
