/** Several ranges of content that is here, in one answer (RFC 9110, 14.6 and 15.3.7.2). */
import type { Cache } from "../../cache/api.ts";
import { RangeNotSatisfiable } from "../../cache/errors.ts";
import { resolveRange, type Span } from "../../cache/range.ts";
import type { ByteRange } from "../../base/byte_range.ts";
import type { BlobInfo, Content, OpenOptions } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import type { Exchange } from "../exchange.ts";
import { contentHeaders } from "./respond.ts";

/** More of them, or more that overlap, is not what a client needs (RFC 9110, 14.2 and 17.15). */
const MOST = 16;
const MOST_OVERLAPPING = 2;

/**
 * What `ranges` mean in content of `size` bytes, those left out that lie behind its end; `undefined`
 * where there are too many to be answered one by one. Throws RangeNotSatisfiable where none is left.
 */
export function resolveRanges(ranges: readonly ByteRange[], size: number): Span[] | undefined {
  if (ranges.length > MOST) return undefined;
  const spans = ranges.flatMap((range) => {
    try {
      return [resolveRange(range, size)];
    } catch (error) {
      if (error instanceof RangeNotSatisfiable) return [];
      throw error;
    }
  });
  if (spans.length === 0) throw new RangeNotSatisfiable(size);
  return overlaps(spans) > MOST_OVERLAPPING ? undefined : spans;
}

function overlaps(spans: readonly Span[]): number {
  const sorted = spans.toSorted((a, b) => a.start - b.start);
  let end = 0;
  let count = 0;
  for (const span of sorted) {
    if (span.start < end) count++;
    end = Math.max(end, span.end);
  }
  return count;
}

/** A 206 with `spans` of `info`'s content, each read when it is its turn. */
export function multipart(
  x: Exchange,
  cache: Cache,
  info: BlobInfo,
  spans: readonly Span[],
  options: OpenOptions,
): Answer {
  const boundary = crypto.randomUUID();
  const headers = contentHeaders(x, info, "hit");
  const type = headers.get("content-type")!;
  const encoder = new TextEncoder();
  const heads = spans.map(({ start, end }) =>
    encoder.encode(
      `\r\n--${boundary}\r\nContent-Type: ${type}\r\n` +
        `Content-Range: bytes ${start}-${end - 1}/${info.size}\r\n\r\n`,
    )
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const length = spans.reduce((sum, { start, end }, i) => sum + heads[i]!.length + end - start, 0);
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const [index, { start, end }] of spans.entries()) {
      yield heads[index]!;
      const content = await cache.open(info.digest, { start, end: end - 1 }, options);
      if (!content) throw new Error(`${info.digest} is no longer here`);
      yield* chunksOf(content);
    }
    yield tail;
  }
  headers.set("content-type", `multipart/byteranges; boundary=${boundary}`);
  headers.set("content-length", String(length + tail.length));
  return {
    response: new Response(ReadableStream.from(parts()), { status: 206, headers }),
    cache: "hit",
  };
}

async function* chunksOf({ body }: Content): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
