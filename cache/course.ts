/**
 * How the bytes of a fill get here. This is the one seam between fills and others who may have the same
 * bytes nearer than upstream: fills know nothing else of it.
 */
import type { DigestMismatch } from "./errors.ts";
import type { Source } from "./types.ts";

/** The way of one fill. */
export interface Course {
  /**
   * `upstream`, or a nearer way to the same bytes. Called once for each who asks for the content,
   * with a source of its own. `prove` resolves when that one may have them from another's hand, and
   * throws what upstream says where it may not.
   */
  via(upstream: Source, prove: () => Promise<void>): Source;
  /**
   * The fill is over, however it ended, also when its source refused before the first byte; `stored`
   * where its file is in place. The cache does not close before this has resolved.
   */
  ended(stored: { size: number; mediaType: string } | undefined): Promise<void>;
  /** What came was not what the digest promises. May come after `ended`, from a late reader. */
  wrong?(error: DigestMismatch): void;
}

/** The course of a new fill of `digest`. */
export type Courses = (digest: string) => Course;

/** Nobody else to ask: every byte comes from upstream. */
export const alone: Courses = () => ({
  via: (upstream) => upstream,
  ended: () => Promise.resolve(),
});
