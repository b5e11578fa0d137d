/** Where it is written down what became of the warm list's rules. */
import { z } from "zod";
import { jsonFile } from "./json_file.ts";
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

const file: z.ZodType<{ rules: RuleStates }> = z.object({
  rules: z.record(
    z.string(),
    z.object({
      last: z.number().nullable(),
      ran: z.string().default(""),
      result: result.nullable(),
      held: z.record(z.string(), z.array(z.string())),
    }),
  ),
});

/** The file at `path`; one that is missing or damaged remembers nothing. */
export function ruleFile(path: string): RuleStore {
  const states = jsonFile(path, file, { rules: {} });
  return {
    read: async () => (await states.read()).rules,
    write: (rules) => states.write({ rules }),
  };
}
