/** Where it is written down what became of the warm list's rules. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeAtomically } from "../../base/atomic_file.ts";
import type { RuleState } from "./rule.ts";

/** States by the names of rules. */
export type RuleStates = Readonly<Record<string, RuleState>>;

export interface RuleStore {
  read(): Promise<RuleStates>;
  write(states: RuleStates): Promise<void>;
}

const result = z.object({
  startedAt: z.number(),
  endedAt: z.number(),
  state: z.enum(["done", "failed", "cancelled", "closed"]),
  images: z.number(),
  came: z.number(),
  here: z.number(),
  pulls: z.number(),
  problems: z.array(z.object({ what: z.string(), why: z.string() })),
});

const file = z.object({
  rules: z.record(
    z.string(),
    z.object({
      last: z.number().nullable(),
      result: result.nullable(),
      held: z.record(z.string(), z.array(z.string())),
    }),
  ),
});

/** The file at `path`; one that is missing or damaged remembers nothing. */
export function ruleFile(path: string): RuleStore {
  let writing: Promise<void> = Promise.resolve();
  let last = "";
  return {
    async read() {
      const text = await readFile(path, "utf8").catch(() => "");
      try {
        return file.parse(JSON.parse(text)).rules;
      } catch {
        return {};
      }
    },
    write(rules) {
      const text = `${JSON.stringify({ rules }, undefined, 1)}\n`;
      if (text === last || (last === "" && Object.keys(rules).length === 0)) return writing;
      last = text;
      // One after the other, so that the last one counts.
      return writing = writing.catch(() => {}).then(() => writeAtomically(path, text));
    },
  };
}
