/** Places in the order of changes. */
import { InvalidChangeId } from "./errors.ts";

/**
 * A place in the order of changes: Unix milliseconds, and a number within the millisecond. These are
 * the ids of Redis streams, <https://redis.io/docs/latest/develop/data-types/streams/>.
 */
export interface ChangeId {
  ms: number;
  seq: number;
}

/** Reads `1732600000000-0`. Throws {@linkcode InvalidChangeId}. */
export function parseChangeId(id: string): ChangeId {
  const [, ms, seq] = /^(\d{1,16})-(\d{1,16})$/.exec(id) ?? [];
  const parsed = { ms: Number(ms), seq: Number(seq) };
  if (!Number.isSafeInteger(parsed.ms) || !Number.isSafeInteger(parsed.seq)) {
    throw new InvalidChangeId(id);
  }
  return parsed;
}

/** Whether `id` comes after `other`. */
export function isLater(id: ChangeId, other: ChangeId): boolean {
  return id.ms > other.ms || (id.ms === other.ms && id.seq > other.seq);
}
