/** Ranges as HTTP writes them (RFC 9110, section 14). */
import type { ByteRange } from "../../base/byte_range.ts";

/**
 * `Range` as one byte range (RFC 9110, 14.1.2). `undefined` where there is none, or what may be
 * ignored: another unit, several ranges, a malformed one. One that ends before it begins is returned
 * as it is, to be refused with 416, as olareg does (14.2 allows either).
 */
export function parseRange(header: string | null): ByteRange | undefined {
  const ranges = parseRanges(header);
  return ranges?.length === 1 ? ranges[0] : undefined;
}

/** `Range` as byte ranges, in the client's order; `undefined` where any of it is to be ignored. */
export function parseRanges(header: string | null): ByteRange[] | undefined {
  const set = /^bytes=(.*)$/is.exec(header?.trim() ?? "")?.[1];
  // RFC 9110, 5.6.1: empty elements of a list count for nothing.
  const parts = set?.split(",").map((part) => part.trim()).filter((part) => part !== "") ?? [];
  const ranges = parts.map(parseSpec);
  const invalid = ranges.includes(undefined) || (ranges.length > 1 && ranges.some(isUpsideDown));
  return ranges.length === 0 || invalid ? undefined : ranges as ByteRange[];
}

function isUpsideDown(range: ByteRange | undefined): boolean {
  return range !== undefined && "start" in range && range.end !== undefined &&
    range.end < range.start;
}

/** `range` as a header says it. */
export function formatRange(range: ByteRange): string {
  return "suffix" in range ? `bytes=-${range.suffix}` : `bytes=${range.start}-${range.end ?? ""}`;
}

function parseSpec(spec: string): ByteRange | undefined {
  const match = /^(\d{0,15})-(\d{0,15})$/.exec(spec);
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") return { suffix: Number(match[2]) };
  const start = Number(match[1]);
  if (match[2] === "") return { start };
  return { start, end: Number(match[2]) };
}

/** `Content-Range` of a 206: `bytes a-b/total`; the total is unknown where it is `*`. */
export function parseContentRange(
  header: string | null,
): { start: number; end: number; total: number | undefined } | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header?.trim() ?? "");
  if (!match) return undefined;
  return {
    start: Number(match[1]),
    end: Number(match[2]),
    total: match[3] === "*" ? undefined : Number(match[3]),
  };
}
