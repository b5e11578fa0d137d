/** Stored content compared with its digest while it is read. */
import { hasherFor } from "./digest.ts";
import { ContentDamaged } from "./errors.ts";
import { Flight } from "./flight.ts";
import type { BlobFile, BlobStore } from "./store.ts";

const READ_SIZE = 512 * 1024;

/**
 * Reads `file` once from end to end and returns the digest that its bytes have. `piece` is handed
 * each part, and may be waited for.
 */
export async function hashOf(
  digest: string,
  file: BlobFile,
  piece: (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>,
): Promise<string> {
  const hasher = hasherFor(digest);
  for (let at = 0; at < file.size;) {
    const buffer = new Uint8Array(Math.min(READ_SIZE, file.size - at));
    const count = await file.read(buffer, at);
    if (count === 0) throw new Error(`it ends at byte ${at} of ${file.size}`);
    const bytes = buffer.subarray(0, count);
    hasher.update(bytes);
    await piece(bytes);
    at += count;
  }
  return hasher.finish();
}

export interface CheckHooks {
  sound: () => void;
  /** Takes the content out of the way, before its readers learn of it; returns how to open it there. */
  damaged: (error: ContentDamaged) => () => Promise<BlobFile>;
  /** It is over, and its last reader has gone. */
  released: () => void;
  /** Ends it early. */
  signal: AbortSignal;
}

/**
 * A blob being compared with its digest: it flies past its readers, as a fill does, and nobody sees
 * its last bytes before they are known to be right.
 */
export class Check {
  readonly digest: string;
  readonly flight: Flight;
  readonly done: Promise<void>;
  /** Opens what turned out damaged, where it is now. */
  aside: (() => Promise<BlobFile>) | undefined;
  #over = false;

  constructor(digest: string, file: BlobFile, store: BlobStore, window: number, hooks: CheckHooks) {
    const flight = new Flight({
      total: file.size,
      window,
      open: async () => {
        const own = await store.open(digest);
        if (!own) throw new ContentDamaged(digest, "the file is gone");
        return own;
      },
      onIdle: () => this.#over && hooks.released(),
    });
    this.digest = digest;
    this.flight = flight;
    this.done = this.#run(digest, file, hooks);
  }

  async #run(digest: string, file: BlobFile, hooks: CheckHooks): Promise<void> {
    const { flight } = this;
    try {
      const actual = await hashOf(digest, file, (bytes) => {
        hooks.signal.throwIfAborted();
        flight.append(bytes);
        flight.written(flight.received);
      });
      if (actual !== digest) throw new Error(`its bytes are those of ${actual}`);
      hooks.sound();
      flight.verify();
    } catch (error) {
      flight.fail(hooks.signal.aborted ? error : this.#damage(digest, error as Error, hooks));
    } finally {
      file.close();
      this.#over = true;
      if (flight.readers === 0) hooks.released();
    }
  }

  #damage(digest: string, cause: Error, hooks: CheckHooks): ContentDamaged {
    const damage = new ContentDamaged(digest, cause.message, { cause });
    this.aside = hooks.damaged(damage);
    return damage;
  }
}

/**
 * `body`, which begins at byte `start`, from byte `from` on, after making sure that it is the same
 * up to there as in `damaged`, from which a reader has had those bytes. Throws `error` where not.
 */
export async function goOnAfterDamage(
  body: ReadableStream<Uint8Array>,
  damaged: BlobFile,
  { start, from, error }: { start: number; from: number; error: unknown },
): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader();
  let at = start;
  let rest: Uint8Array | undefined;
  while (at < from) {
    const { value } = await reader.read();
    const seen = value?.subarray(0, from - at);
    if (!seen || !await same(seen, damaged, at)) {
      await reader.cancel(error);
      throw error;
    }
    rest = value!.subarray(seen.length);
    at += seen.length;
  }
  return new ReadableStream({
    async pull(controller) {
      const { value } = rest?.length ? { value: rest } : await reader.read();
      rest = undefined;
      if (value) controller.enqueue(value);
      else controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

async function same(bytes: Uint8Array, file: BlobFile, at: number): Promise<boolean> {
  const buffer = new Uint8Array(bytes.length);
  for (let done = 0; done < bytes.length;) {
    const count = await file.read(buffer.subarray(done), at + done);
    if (count === 0) return false;
    done += count;
  }
  return buffer.every((byte, index) => byte === bytes[index]);
}
