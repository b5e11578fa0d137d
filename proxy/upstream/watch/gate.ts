/** The gate in front of a registry: counts how it answers, and is shut while it is known to be down. */
import { UpstreamError } from "../errors.ts";
import type { Outgoing, Transport } from "../transport.ts";

export interface Gate {
  /**
   * Undefined where the registry may be asked at once. Otherwise it resolves as soon as it may, and
   * throws {@linkcode UpstreamError} within milliseconds where it may not.
   */
  enter(): Promise<void> | undefined;
  /** The registry itself answered with `status`. */
  answered(status: number): void;
  /** The registry itself gave no answer. */
  failed(error: UpstreamError): void;
}

/** `transport` with `gate` in front of what goes to `own`; token servers and storage have none. */
export function gated(transport: Transport, own: URL, gate: Gate): Transport {
  return {
    async send(request: Outgoing): Promise<Response> {
      if (request.url.origin !== own.origin) return await transport.send(request);
      if (!request.insist) await gate.enter();
      try {
        const response = await transport.send(request);
        gate.answered(response.status);
        return response;
      } catch (error) {
        if (error instanceof UpstreamError) gate.failed(error);
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
