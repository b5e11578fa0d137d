/** One process a directory. */
import { join } from "node:path";
import { CacheLocked } from "../errors.ts";

/** A directory held by this process alone. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes `dir` for this process. The kernel holds the lock, so it ends with the process however that
 * ends. Throws {@linkcode CacheLocked} where another process, or another opening, has it.
 */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const path = join(dir, "lock");
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (!await file.tryLock(true)) {
    file.close();
    throw new CacheLocked(dir, (await Deno.readTextFile(path)).trim());
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`process ${Deno.pid}\n`));
  return {
    release() {
      // By itself closing would leave the lock to a program that is being started at this moment.
      file.unlockSync();
      file.close();
    },
  };
}
