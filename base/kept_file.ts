/** A file of JSON that must not be lost unnoticed. */
import { readFile } from "node:fs/promises";
import { writeAtomically } from "./atomic_file.ts";

export interface KeptFile<Value> {
  /** Throws what the system says, and for a damaged file what to do about it. */
  read(): Promise<Value>;
  write(value: Value): Promise<void>;
}

/**
 * The file at `path`, for its owner alone, whose content `schema` checks; `empty` while there is none.
 * `remedy` says what to do with a damaged one.
 */
export function keptFile<Value>(
  path: string,
  schema: { parse(value: unknown): Value },
  { empty, remedy }: { empty: Value; remedy: string },
): KeptFile<Value> {
  return {
    async read() {
      const text = await readFile(path, "utf8").catch((error: { code?: unknown }) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (text === undefined) return empty;
      try {
        return schema.parse(JSON.parse(text));
      } catch {
        throw new Error(`${path} is damaged: ${remedy}`);
      }
    },
    write: (value) => writeAtomically(path, JSON.stringify(value, undefined, 1) + "\n"),
  };
}
