/**
 * Reading without leaving the thread. What the system has in memory anyway is copied in microseconds,
 * for which a task on another thread and the way back cost more than the copy; but everybody waits
 * while the disk is asked. So it is done only where the bytes are likely to be in memory, and not for
 * a while after they turned out not to be.
 */
import process from "node:process";
import { ContentDamaged } from "../errors.ts";
import type { BlobFile } from "../blobs/store.ts";

/** Milliseconds after which a read was not a mere copy, though the system says so. */
const SLOW = 20;
/** Milliseconds within which a read is a copy, whatever the system says. */
const FAST = 0.5;
/** Milliseconds to keep off after a slow read, doubled each time until reads are fast again. */
const PAUSE = { first: 100, most: 30_000 };
/** Fast reads in a row after which a slow one counts as the first. */
const SETTLED = 256;

/** What the machine says of itself; a test says something else. */
export interface Machine {
  /** Milliseconds that only grow. */
  now(): number;
  /** What this process has made the disks read so far, in any unit. */
  diskReads(): number;
}

const MACHINE: Machine = {
  now: () => performance.now(),
  diskReads: () => process.resourceUsage().fsRead,
};

export class PromptReads {
  readonly #machine: Machine;
  #pause = PAUSE.first;
  #until = -Infinity;
  #fast = 0;

  constructor(machine = MACHINE) {
    this.#machine = machine;
  }

  /** False for a while after the disk was needed. */
  get allowed(): boolean {
    return this.#machine.now() >= this.#until;
  }

  /** Fills `into` with the file's bytes from `at` on. Throws ContentDamaged where it ends before. */
  read(digest: string, file: BlobFile, into: Uint8Array, at: number): void {
    const asked = this.#machine.now();
    const before = this.#machine.diskReads();
    for (let done = 0; done < into.length;) {
      const count = file.readNow(into.subarray(done), at + done);
      if (count === 0) throw new ContentDamaged(digest, `the file ends at byte ${at + done}`);
      done += count;
    }
    const now = this.#machine.now();
    const took = now - asked;
    if (took < FAST || (took < SLOW && this.#machine.diskReads() === before)) this.#wasFast();
    else this.#wasSlow(now);
  }

  #wasFast(): void {
    if (++this.#fast === SETTLED) this.#pause = PAUSE.first;
  }

  #wasSlow(now: number): void {
    this.#fast = 0;
    this.#until = now + this.#pause;
    this.#pause = Math.min(PAUSE.most, this.#pause * 2);
  }
}
