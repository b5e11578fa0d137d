/** Stored content compared with its digest. */
import { hasherFor } from "../hash.ts";
import { ContentDamaged, StorageError } from "../errors.ts";
import { SharedBody } from "../fill/shared_body.ts";
import type { Blocks } from "../blobs/blocks.ts";
import { readFully } from "../blobs/read_fully.ts";
import type { BlobFile, BlobStore } from "../blobs/store.ts";

const READ_SIZE = 512 * 1024;

/**
 * Reads `file` from end to end, handing each piece to `take`, which may be waited for; the next one
 * comes in the same memory. Throws
 * {@linkcode ContentDamaged} where its bytes are not those of `digest` or the medium does not give
 * them back; any other error says nothing about the content.
 */
export async function verifyFile(
  digest: string,
  file: BlobFile,
  take: (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>,
): Promise<void> {
  const hasher = hasherFor(digest);
  const buffer = new Uint8Array(Math.min(READ_SIZE, file.size));
  for (let at = 0; at < file.size;) {
    const bytes = buffer.subarray(0, file.size - at);
    const count = await readFully(file, bytes, at).catch((error) => {
      throw isMediumError(error) ? new ContentDamaged(digest, error.cause.message) : error;
    });
    at += count;
    if (count < bytes.length) {
      throw new ContentDamaged(digest, `it ends at byte ${at} of ${file.size}`);
    }
    hasher.update(bytes);
    await take(bytes);
  }
  const actual = hasher.finish();
  if (actual !== digest) throw new ContentDamaged(digest, `its bytes are those of ${actual}`);
}

/** Other errors of storage (no permission, no such device) may pass, and say nothing of the bytes. */
function isMediumError(error: unknown): error is StorageError {
  return error instanceof StorageError && "code" in error.cause && error.cause.code === "EIO";
}

interface CheckHooks {
  sound: () => void;
  /** Takes the content out of the way, before its readers learn of it; returns how to open it there. */
  damaged: (error: ContentDamaged) => () => Promise<BlobFile>;
  /** It has been compared, or could not be. */
  ended: () => void;
  /** It is over, and its last reader has gone. */
  released: () => void;
  /** Ends it early. */
  signal: AbortSignal;
}

/**
 * A blob being compared with its digest: its readers get the bytes as they are compared, as they do
 * from a fill, and nobody gets the last of them before all are known to be right.
 */
export class Check {
  readonly digest: string;
  readonly shared: SharedBody;
  readonly done: Promise<void>;
  /** Opens what turned out damaged, where it is now. */
  aside: (() => Promise<BlobFile>) | undefined;
  #over = false;

  constructor(digest: string, file: BlobFile, store: BlobStore, blocks: Blocks, hooks: CheckHooks) {
    const shared = new SharedBody({
      total: file.size,
      blocks,
      open: async () => {
        const own = await store.open(digest);
        if (!own) throw new ContentDamaged(digest, "the file is gone");
        return own;
      },
      onIdle: () => this.#over && this.#release(hooks),
    });
    this.digest = digest;
    this.shared = shared;
    this.done = this.#run(digest, file, hooks);
  }

  async #run(digest: string, file: BlobFile, hooks: CheckHooks): Promise<void> {
    const { shared } = this;
    try {
      await verifyFile(digest, file, (bytes) => {
        hooks.signal.throwIfAborted();
        shared.append(bytes);
        shared.written(shared.received);
      });
      hooks.sound();
      shared.verify();
    } catch (error) {
      if (error instanceof ContentDamaged) this.aside = hooks.damaged(error);
      shared.fail(error);
    } finally {
      file.close();
      hooks.ended();
      this.#over = true;
      if (shared.readers === 0) this.#release(hooks);
    }
  }

  #release({ released }: CheckHooks): void {
    this.shared.release();
    released();
  }
}

/**
 * `body`, which begins at byte `start`, from byte `from` on, after making sure that it is the same
 * up to there as in `damaged`, from which a reader has had those bytes. Throws `error` where not.
 */
export async function resumeAfterDamage(
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
  if (await readFully(file, buffer, at) < bytes.length) return false;
  return buffer.every((byte, index) => byte === bytes[index]);
}
