/** The dashboard's password, made where the configuration sets none. */
import { randomInt } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../base/atomic_file.ts";
import { hashPassword } from "../base/passwords.ts";
import { isPasswordHash } from "../base/password_form.ts";

const FILE = "admin.json";
/** Holds the password itself where it may not be printed. */
const NOTE = "first-password";
const stored = z.object({ password_hash: z.string().refine(isPasswordHash) });
/** No letters that look alike; 20 of them are 98 bits. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

interface FirstPassword {
  /** What to verify against. */
  hash: string;
  /** The password itself, at its making only: to be printed once. */
  made?: string;
  /** The file that holds it, in place of printing it. */
  file?: string;
}

/**
 * The hash kept in `admin.json` of `dir`; at the first start, or when that file is gone, a new
 * password is made. Only its hash is written, readable by the owner alone. Without a directory
 * (`""`) nothing is written, and each start has a password of its own. With `quiet` it is not to be
 * printed: it is in a file beside the hash, to be deleted by whoever has read it.
 */
export async function firstPassword(dir: string, quiet = false): Promise<FirstPassword> {
  if (dir === "") return await newPassword();
  const file = join(dir, FILE);
  const hash = await readHash(file);
  if (hash !== undefined) return { hash };
  const made = await newPassword();
  const record = { password_hash: made.hash };
  await mkdir(dir, { recursive: true });
  await writeAtomically(file, JSON.stringify(record) + "\n");
  if (!quiet) return made;
  const note = join(dir, NOTE);
  await writeAtomically(note, `${made.made}\n`);
  return { ...made, file: note };
}

/** Removes the file with the first password, once the configuration has one. */
export async function forgetFirstPassword(dir: string): Promise<void> {
  if (dir !== "") await rm(join(dir, NOTE), { force: true });
}

async function newPassword(): Promise<{ hash: string; made: string }> {
  const made = makePassword();
  return { hash: await hashPassword(made), made };
}

async function readHash(file: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return stored.parse(JSON.parse(text)).password_hash;
  } catch {
    throw new Error(`${file} is damaged: remove it and start again to get a new password`);
  }
}

/** `abcde-fghij-kmnpq-rstuv`. */
function makePassword(): string {
  const group = () =>
    Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return Array.from({ length: 4 }, group).join("-");
}
