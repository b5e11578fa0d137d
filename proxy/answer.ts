/** What a handler gives back: the response, and what is to be known of it. */
import type { CacheResult } from "./observe/record.ts";

export interface Answer {
  readonly response: Response;
  /** How the cache answered; `none` where it was not asked. */
  readonly cache: CacheResult;
  /** True where the body comes from upstream for this request alone, past the cache. */
  readonly fromUpstream?: boolean;
  /** To be told of what has left this process; see `Content.used`. */
  readonly used?: ((bytes: number) => void) | undefined;
  /** What the proxy in front, or the depot's store (307), is left to send in place of a body. */
  readonly handedOver?: { readonly bytes: number; readonly status: 200 | 206 | 307 } | undefined;
  /** Set where the same request may be given the same answer again. */
  readonly again?: Repeatable | undefined;
}

/** An answer that holds for more than one request. */
export interface Repeatable {
  /** The whole body; none for a HEAD. */
  readonly body: Uint8Array | null;
  readonly digest: string;
  /** Unix milliseconds until which it holds; a digest's content holds for ever. */
  readonly until: number;
}

/** `response` as the answer to a request that the cache has no part in. */
export function uncached(response: Response): Answer {
  return { response, cache: "none" };
}
