/** Byte ranges resolved against the size of the content: RFC 9110, section 14.1.2. */
import type { ByteRange } from "../base/byte_range.ts";
import { RangeNotSatisfiable } from "./errors.ts";

/** A span of bytes; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The bytes that `range` means in content of `size` bytes; all of them without a range.
 * Throws {@linkcode RangeNotSatisfiable} where it begins past the end.
 */
export function resolveRange(range: ByteRange | undefined, size: number): Span {
  if (!range) return { start: 0, end: size };
  if ("suffix" in range) {
    if (range.suffix <= 0 || size === 0) throw new RangeNotSatisfiable(size);
    return { start: Math.max(0, size - range.suffix), end: size };
  }
  const end = Math.min((range.end ?? Infinity) + 1, size);
  if (range.start >= size || range.start >= end) throw new RangeNotSatisfiable(size);
  return { start: range.start, end };
}
