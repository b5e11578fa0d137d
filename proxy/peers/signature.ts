/**
 * What shows one Berth that another one of its cluster is asking. What is signed is the time and the
 * path with its query: who overhears it can open that one for a minute, and nothing after that.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

export const SIGNATURE = "x-berth-peer";

/** Milliseconds by which the clocks of two may differ. */
export const TOLERANCE = 60_000;

/** Keys for one purpose, from the lines of `cluster.secret`: the first signs, all are believed. */
export function clusterKeys(secret: string, purpose: string): readonly Uint8Array<ArrayBuffer>[] {
  return secret.split("\n").map((line) => line.trim()).filter((line) => line !== "")
    .map((line) => new Uint8Array(hkdfSync("sha256", line, "berth", purpose, 32)));
}

/** The header's value for a request of `path` at `now` (Unix milliseconds). */
export function sign(path: string, now: number, key: Uint8Array): string {
  return `${now} ${hmac(path, now, key)}`;
}

export type Verdict = "right" | "wrong" | "late";

/** Whether `header` was signed by any of `keys` for `path`, and that within a minute of `now`. */
export function verify(
  header: string | null,
  path: string,
  now: number,
  keys: readonly Uint8Array[],
): Verdict {
  const [, time, given] = /^(\d{1,16}) ([0-9a-f]{64})$/.exec(header ?? "") ?? [];
  if (!time || !given) return "wrong";
  const right = keys.map((key) =>
    timingSafeEqual(encode(hmac(path, Number(time), key)), encode(given))
  );
  if (!right.includes(true)) return "wrong";
  return Math.abs(now - Number(time)) <= TOLERANCE ? "right" : "late";
}

/** Stands for the secret that `keys` come from, for others to compare with theirs. */
export function markOf(keys: readonly Uint8Array[]): string {
  return hmac("mark", 0, keys[0]!).slice(0, 16);
}

function hmac(path: string, now: number, key: Uint8Array): string {
  return createHmac("sha256", key).update(`${now}\n${path}`).digest("hex");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
