/** The way to a registry that is set to offline: there is none. */
import { UpstreamError } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** Refuses every request, those for tokens and storage too, with {@linkcode UpstreamError} `offline`. */
export function offlineTransport(registry: string): Transport {
  return {
    send: () => Promise.reject(new UpstreamError("offline", registry)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
