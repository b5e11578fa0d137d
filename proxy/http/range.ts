/** Ranges as HTTP writes them (RFC 9110, section 14). */
import type { ByteRange } from "../../base/byte_range.ts";

/**
 * `Range` as byte ranges, in the client's order (RFC 9110, 14.1.2). `undefined` where there is none, or
 * what may be ignored: another unit, anything malformed. A single one that ends before it begins is
 * returned as it is, to be refused with 416, as olareg does (14.2 allows either).
 */
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

/**
 * The smallest range that holds all of `ranges`, of which there is at least one, as far as that can be
 * said of content whose size is not known: everything, where some are counted from its end and others
 * from its beginning.
 *
 * A server may answer several ranges by one that covers them (RFC 9110, 14.2 and 15.3.7): a client has
 * to look at Content-Range for what it got (15.3.7.1). stargz-snapshotter, which sends several, takes
 * a single part as it takes the whole, chunk by chunk from where Content-Range says (its
 * fs/remote/resolver.go), as it has to for registries that know one range only. containerd, regclient
 * and oras send a single range.
 */
export function hull(ranges: readonly ByteRange[]): ByteRange {
  const offsets = ranges.filter((range) => "start" in range);
  const suffix = Math.max(0, ...ranges.map((range) => "suffix" in range ? range.suffix : 0));
  if (offsets.length === 0) return { suffix };
  if (suffix > 0) return { start: 0 };
  const start = Math.min(...offsets.map((range) => range.start));
  const end = Math.max(...offsets.map((range) => range.end ?? Infinity));
  return end === Infinity ? { start } : { start, end };
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
