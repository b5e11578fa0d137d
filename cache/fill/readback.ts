/** What readers need of a fill and memory no longer holds, read back from its file. */
import { readFully } from "../blobs/read_fully.ts";
import type { BlobFile } from "../blobs/store.ts";

export class Readback {
  readonly #open: () => Promise<BlobFile>;
  #file: Promise<BlobFile> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: () => Promise<BlobFile>) {
    this.#open = open;
  }

  /** Fills `into` with the file's bytes from `at` on, one after the other: a file has one position. */
  load(into: Uint8Array, at: number): Promise<void> {
    this.#file ??= this.#open();
    const file = this.#file;
    const loaded = this.#turn.then(async () => await readSpan(await file, into, at));
    this.#turn = loaded.catch(() => {});
    return loaded;
  }

  /** Closes the file; the next read opens it again. */
  close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file) void this.#turn.then(() => file).then((open) => open.close(), () => {});
  }
}

async function readSpan(file: BlobFile, into: Uint8Array, at: number): Promise<void> {
  const count = await readFully(file, into, at);
  if (count < into.length) throw new Error(`the file ends at byte ${at + count}, too early`);
}
