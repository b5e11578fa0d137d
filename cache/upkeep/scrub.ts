/** Everything stored compared with its digest: over time behind the scenes, or all of it at once. */
import type { Clock } from "../../base/clock.ts";
import { ContentDamaged } from "../errors.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BlobRow } from "../catalog/rows.ts";
import { allBlobs, longestUnverified } from "../catalog/use.ts";
import type { BlobStore } from "../blobs/store.ts";
import type { VerifyProgress } from "../types.ts";
import { verifyFile } from "../read/verify.ts";

interface ScrubOptions {
  clock: Clock;
  catalog: Catalog;
  store: BlobStore;
  /** Takes damaged content out of the way. */
  damaged: (digest: string, error: unknown) => void;
  /** Bytes per second to read behind the scenes; 0: none. */
  rate: () => number;
  /** Milliseconds after which content is compared again. */
  verifyEvery: () => number;
}

/** How long to wait when nothing is due. */
const IDLE = 60e3;

export class Scrub {
  readonly #options: ScrubOptions;

  constructor(options: ScrubOptions) {
    this.#options = options;
  }

  /**
   * Compares whatever is due, the longest unverified first, at a bounded rate, until `signal` is
   * aborted. Trouble that is not damage goes to `failed` and is tried again later.
   */
  async run(signal: AbortSignal, failed: (error: unknown) => void): Promise<void> {
    const { clock, catalog, rate } = this.#options;
    while (!signal.aborted) {
      try {
        const row = rate() > 0 ? this.#due() : undefined;
        if (!row) {
          await clock.delay(IDLE, signal);
          continue;
        }
        await this.#verify(row, async (bytes) => {
          await clock.delay(bytes / Math.max(1, rate()) * 1000, signal);
        });
        catalog.flush(clock.now());
      } catch (error) {
        if (signal.aborted) return;
        failed(error);
        await clock.delay(IDLE, signal).catch(() => {});
      }
    }
  }

  /** Compares everything or `digests`, as fast as it can be read; calls `progress` after each blob. */
  async all(
    progress: (progress: VerifyProgress) => void,
    signal: AbortSignal | undefined,
    digests?: readonly string[],
  ): Promise<VerifyProgress> {
    const { catalog, clock } = this.#options;
    const chosen = digests?.flatMap((digest) => catalog.blob(digest) ?? []);
    const totalBlobs = chosen?.length ?? catalog.totals.blobs;
    const totalBytes = chosen?.reduce((sum, { size }) => sum + size, 0) ?? catalog.totals.bytes;
    const state: VerifyProgress = { blobs: 0, bytes: 0, totalBlobs, totalBytes, damaged: [] };
    for (const row of chosen ?? allBlobs(catalog)) {
      const sound = await this.#verify(row, () => signal?.throwIfAborted());
      if (!sound) state.damaged.push(row.digest);
      state.blobs++;
      state.bytes += row.size;
      progress({ ...state });
    }
    catalog.flush(clock.now());
    return state;
  }

  /** False where it was damaged, and is out of the way now. */
  async #verify(row: BlobRow, read: (bytes: number) => void | Promise<void>): Promise<boolean> {
    const { clock, catalog, store, damaged } = this.#options;
    const { digest, size } = row;
    const file = await store.open(digest);
    try {
      if (!file) throw new ContentDamaged(digest, "the file is gone");
      if (file.size !== size) {
        throw new ContentDamaged(digest, `${file.size} bytes instead of ${size}`);
      }
      await verifyFile(digest, file, (bytes) => read(bytes.length));
    } catch (error) {
      if (!(error instanceof ContentDamaged)) throw error;
      if (catalog.blob(digest)?.created === row.created) damaged(digest, error);
      return false;
    } finally {
      file?.close();
    }
    const known = catalog.blob(digest);
    if (known) catalog.verified(known, clock.now());
    return true;
  }

  #due(): BlobRow | undefined {
    const { catalog, clock, verifyEvery } = this.#options;
    return longestUnverified(catalog, clock.now() - verifyEvery());
  }
}
