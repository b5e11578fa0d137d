/** A file of what is remembered across a restart. */
import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { writeAtomically } from "../../base/atomic_file.ts";

export interface JsonFile<Value> {
  /** What was written last, or the empty value where there is no file or a damaged one. */
  read(): Promise<Value>;
  /** Resolves once it is written. Throws what the system says. */
  write(value: Value): Promise<void>;
}

/** The file at `path`, whose content `schema` checks; `empty` is never written before anything else. */
export function jsonFile<Value>(
  path: string,
  schema: z.ZodType<Value>,
  empty: Value,
): JsonFile<Value> {
  const textOf = (value: Value) => `${JSON.stringify(value, undefined, 1)}\n`;
  let writing: Promise<void> = Promise.resolve();
  let last = textOf(empty);
  return {
    async read() {
      try {
        const text = await readFile(path, "utf8");
        const value = schema.parse(JSON.parse(text));
        last = text;
        return value;
      } catch {
        return empty;
      }
    },
    write(value) {
      const text = textOf(value);
      if (text === last) return writing;
      last = text;
      // One after the other, so that the last one counts.
      return writing = writing.catch(() => {}).then(() => writeAtomically(path, text));
    },
  };
}
