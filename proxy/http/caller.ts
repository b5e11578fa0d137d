/** Who calls, and how they reached us. */

/**
 * `direct`: a listener of ours; `forward`, `intercept`: the forward proxy, in plain or inside TLS;
 * `prefetch`: Berth itself, for what it fetches before a client asks.
 */
export type Via = "direct" | "intercept" | "forward" | "prefetch";

/** Who waits for an answer: somebody, or nobody yet. */
export type Priority = "people" | "ahead";

/** What is known of a request's connection. */
export interface Caller {
  /** Address of the peer. */
  peer: string;
  /** Settles when the response has been sent; rejects when the client went away. */
  completed?: Promise<void> | undefined;
  via: Via;
  /**
   * Bytes at most of what was taken from a response's body that its connection may still hold in
   * memory when it asks for more. Nothing is known of it where this is left out.
   */
  holds?: number | undefined;
  /** Resolves when that many more bytes of content may come from upstream; none: at once. */
  pace?: ((bytes: number) => Promise<void> | undefined) | undefined;
  /** The registry that was called by its own name, through the forward proxy. */
  registry?: string | undefined;
  /** `people` where this is left out: what is fetched ahead gets what they leave of a slow line. */
  priority?: Priority | undefined;
  /** Told how often upstream was asked for the request and what came, once that is known. */
  recorded?:
    | ((cost: { attempts: readonly unknown[]; upstreamBytes: number }) => void)
    | undefined;
  /** The user who has signed in already, at the forward proxy. */
  user?: string | undefined;
}
