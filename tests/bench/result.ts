/** A run of the bench as its JSON keeps it. */
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Scale } from "./scale.ts";
import type { Measured } from "./table.ts";

export interface Result {
  /** `2026-11-26` */
  day: string;
  machine: {
    cores: number;
    model: string;
    /** Bytes. */
    memory: number;
  };
  deno: string;
  scale: Scale;
  rows: Measured[];
}

/** What was measured just now, on this machine. */
export function resultOf(rows: Measured[], scale: Scale): Result {
  const model = cpus()[0]?.model ?? "unknown";
  return {
    day: new Date().toISOString().slice(0, 10),
    machine: { cores: availableParallelism(), model, memory: totalmem() },
    deno: Deno.version.deno,
    scale,
    rows,
  };
}

/** Reads the JSON of a run; `undefined` where there is no such file. */
export async function readResult(file: string): Promise<Result | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(file)) as Result;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes `result` where {@linkcode readResult} finds it. */
export async function writeResult(file: string, result: Result): Promise<void> {
  await Deno.writeTextFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
