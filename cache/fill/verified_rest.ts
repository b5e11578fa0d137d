/** The rest of content for a reader that continues alone: its end is held back until it is verified. */
import type { Hasher } from "../hash.ts";
import { DigestMismatch } from "../errors.ts";
import type { ResumingSource } from "./resume.ts";

interface VerifiedRestOptions {
  digest: string;
  /** Positioned where `hasher` stands. */
  source: ResumingSource;
  /** Has seen everything before the source's position. */
  hasher: Hasher;
  /** What the reader may have from before the source's position, but not before all is verified. */
  held: Uint8Array;
  /** First byte that the reader wants of what comes. */
  from: number;
  /** Byte to stop before; `undefined` for the end of the content. */
  end: number | undefined;
  onMismatch: (error: DigestMismatch) => void;
}

/**
 * The rest of some content for one reader, straight from a source. Everything up to the content's
 * end is hashed, also where the reader wants less; the last piece is held back until the digest
 * matches.
 */
export function verifiedRest(options: VerifiedRestOptions): ReadableStream<Uint8Array> {
  const { digest, source, hasher, from, end = Infinity } = options;
  let held = options.held;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const at = source.position;
        const piece = await source.read();
        if (!piece) break;
        hasher.update(piece);
        const wanted = piece.slice(
          Math.min(Math.max(0, from - at), piece.length),
          Math.min(Math.max(0, end - at), piece.length),
        );
        if (wanted.length === 0) continue;
        const before = held;
        held = wanted;
        if (before.length > 0) return controller.enqueue(before);
      }
      const actual = hasher.finish();
      if (actual !== digest) {
        const mismatch = new DigestMismatch(digest, actual);
        options.onMismatch(mismatch);
        throw mismatch;
      }
      if (held.length > 0) controller.enqueue(held);
      controller.close();
      await source.finish();
    },
    cancel: (reason) => source.cancel(reason),
  }, { highWaterMark: 0 });
}
