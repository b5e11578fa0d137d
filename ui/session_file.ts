/** What of dashboard sessions outlives the process: the key that signs them, and those ended early. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../base/atomic_file.ts";
import type { EndedOptions } from "./ended_sessions.ts";

const FILE = "sessions.json";
const stored = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  ended: z.record(z.string(), z.number()),
});

/** The key of this Berth alone, and the book of what was ended. */
type SessionFile = { key: Uint8Array } & Required<Pick<EndedOptions, "known" | "save">>;

/**
 * `sessions.json` of `dir`, made where it is not there or damaged, readable by its owner alone: that
 * ends the sessions from before. Without a directory (`""`) nothing is kept.
 */
export async function openSessionFile(dir: string): Promise<SessionFile> {
  const fresh = { key: randomBytes(32).toString("hex"), ended: {} };
  if (dir === "") return { key: bytesOf(fresh.key), known: {}, save: () => Promise.resolve() };
  const file = join(dir, FILE);
  const kept = await read(file);
  const { key, ended } = kept ?? fresh;
  const save = (ended: SessionFile["known"]) =>
    writeAtomically(file, JSON.stringify({ key, ended }) + "\n");
  await mkdir(dir, { recursive: true });
  if (!kept) await save(ended);
  return { key: bytesOf(key), known: ended, save };
}

async function read(file: string): Promise<z.output<typeof stored> | undefined> {
  try {
    return stored.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code !== undefined && code !== "ENOENT") throw error;
    return undefined;
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
}
