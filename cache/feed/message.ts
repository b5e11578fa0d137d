/**
 * What several Berths tell one another, as text: signed, since a row that says who holds what opens
 * that content, and whoever keeps the text need not be trusted with it.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Change } from "../change.ts";

/** Changes that one of them tells of. */
export interface Message {
  /** Who tells, as others know it until its next start. */
  by: string;
  /** Which one of its messages it is: one more than the one before. */
  n: number;
  changes: readonly Change[];
}

const VERSION = 1;

/** Writes and reads what has one of `keys`: the first signs, all are believed. */
export class Seal {
  readonly #keys: readonly Uint8Array[];

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  /** `message` as one line. */
  write({ by, n, changes }: Message): string {
    const text = JSON.stringify({ v: VERSION, by, n, changes });
    return `${this.sign(text)} ${text}`;
  }

  /** The message in `line`; `foreign`: not from who has the secret; `newer`: of a later version. */
  read(line: string): Message | "foreign" | "newer" {
    const at = line.indexOf(" ");
    const text = line.slice(at + 1);
    if (at < 0 || !this.verify(text, line.slice(0, at))) return "foreign";
    const { v, by, n, changes } = JSON.parse(text) as Message & { v: number };
    return v === VERSION ? { by, n, changes } : "newer";
  }

  sign(text: string): string {
    return hmac(text, this.#keys[0]!).toString("hex");
  }

  verify(text: string, signature: string): boolean {
    const given = new TextEncoder().encode(signature);
    return this.#keys.map((key) => new TextEncoder().encode(hmac(text, key).toString("hex")))
      .filter((right) => right.length === given.length && timingSafeEqual(right, given)).length > 0;
  }
}

function hmac(text: string, key: Uint8Array) {
  return createHmac("sha256", key).update(text).digest();
}
