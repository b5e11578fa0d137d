/** Databases that can be done without: a start must not fail for what is wrong with one. */
import { existsSync, renameSync } from "node:fs";
import { logger } from "./log.ts";

/**
 * What `open` returns; where `file` is damaged, or `unusable` says so of the error, it is moved aside
 * and opened anew. Throws where the directory cannot be written.
 */
export function openOrMoveAside<T>(
  file: string,
  open: () => T,
  unusable: (error: unknown) => boolean = () => false,
): T {
  try {
    return open();
  } catch (error) {
    if (!isDamaged(error) && !unusable(error)) throw error;
    for (const suffix of ["", "-wal", "-shm"]) moveAside(file + suffix);
    logger("start").warn(`${file} begins anew, and what was there is kept as ${file}.damaged`, {
      error,
    });
    return open();
  }
}

/** SQLITE_ERROR, _CORRUPT and _NOTADB: a file that is no database, or not one of ours. */
function isDamaged(error: unknown): boolean {
  return error instanceof Error && "errcode" in error &&
    [1, 11, 26].includes(Number(error.errcode));
}

function moveAside(file: string): void {
  if (existsSync(file)) renameSync(file, `${file}.damaged`);
}
