/** The thread of `hash_thread.ts`: reads files as they grow and hashes them, one order at a time. */
import { type Hasher, hasherFor } from "./digest.ts";

/** What the thread is told. Orders for one file come in the order of its bytes. */
export type HashOrder =
  | { id: number; kind: "open"; digest: string; path: string }
  /** The file holds so many bytes by now. */
  | { id: number; kind: "written"; size: number }
  /** The file is complete: answer with its digest. */
  | { id: number; kind: "finish"; size: number }
  | { id: number; kind: "close" };

/** The answer to `finish`: a digest, or why there is none. */
export type HashAnswer = { id: number; digest: string } | { id: number; error: string };

const READ_SIZE = 256 * 1024;

class FileHash {
  readonly #file: Deno.FsFile;
  readonly #hasher: Hasher;
  #at = 0;

  constructor(digest: string, path: string) {
    this.#hasher = hasherFor(digest);
    this.#file = Deno.openSync(path);
  }

  advance(to: number, buffer: Uint8Array): void {
    while (this.#at < to) {
      const count = this.#file.readSync(buffer.subarray(0, to - this.#at));
      if (count === null) throw new Error(`the file ends at byte ${this.#at} instead of ${to}`);
      this.#hasher.update(buffer.subarray(0, count));
      this.#at += count;
    }
  }

  finish(): string {
    return this.#hasher.finish();
  }

  close(): void {
    this.#file.close();
  }
}

const buffer = new Uint8Array(READ_SIZE);
const hashes = new Map<number, FileHash>();
/** Of those that failed before they were asked for their digest. */
const errors = new Map<number, string>();

function follow(order: HashOrder): void {
  const hash = hashes.get(order.id);
  switch (order.kind) {
    case "open":
      return void hashes.set(order.id, new FileHash(order.digest, order.path));
    case "written":
      return hash?.advance(order.size, buffer);
    case "finish":
      if (!hash) throw new Error(errors.get(order.id) ?? "this thread does not know the file");
      hash.advance(order.size, buffer);
      return postMessage({ id: order.id, digest: hash.finish() } satisfies HashAnswer);
    case "close":
      hash?.close();
      hashes.delete(order.id);
      errors.delete(order.id);
  }
}

addEventListener("message", ({ data: order }: MessageEvent<HashOrder>) => {
  try {
    follow(order);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    hashes.get(order.id)?.close();
    hashes.delete(order.id);
    if (order.kind === "finish") postMessage({ id: order.id, error: reason } satisfies HashAnswer);
    else errors.set(order.id, reason);
  }
});
