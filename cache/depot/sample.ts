/** Whether the depot still has what it was given: one object at a time, whichever it is. */
import { randomBytes } from "node:crypto";
import type { DepotRow, DepotRows } from "../catalog/depot_rows.ts";
import { DepotError, DigestMismatch } from "../errors.ts";
import { hasherFor } from "../hash.ts";
import type { Depot } from "./depot.ts";

interface SampleOptions {
  depot: Depot;
  rows: DepotRows;
  /** Told of an object that is not what its name says. */
  damaged: (digest: string, error: DigestMismatch) => void;
}

/** Reads one object to its end and compares it with its digest; one that has gone is forgotten. */
export async function verifySample(
  { depot, rows, damaged }: SampleOptions,
  signal: AbortSignal,
): Promise<void> {
  const row = rows.next(`sha256:${randomBytes(32).toString("hex")}`) ?? rows.next("");
  if (!row) return;
  try {
    const actual = await digestIn(depot, row, signal);
    if (actual !== row.digest) damaged(row.digest, new DigestMismatch(row.digest, actual));
  } catch (error) {
    if (!(error instanceof DepotError && error.kind === "gone")) throw error;
    rows.remove([row.digest]);
  }
}

async function digestIn(depot: Depot, { digest }: DepotRow, signal: AbortSignal): Promise<string> {
  const hasher = hasherFor(digest);
  const { body } = await depot.source(digest)(0, signal);
  for await (const piece of body) {
    hasher.update(piece);
    signal.throwIfAborted();
  }
  return hasher.finish();
}
