/** One range of bytes as HTTP says it (RFC 9110, section 14.1.2); `end` is inclusive. */
export type ByteRange = { start: number; end?: number } | { suffix: number };
