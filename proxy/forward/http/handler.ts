/** The registry API, as the forward proxy calls it. */
import type { Via } from "../../http/caller.ts";

/** Who asks, for the registry's handler. */
export interface ForwardCaller {
  /** Address of the client, not of the loopback connection in between. */
  peer: string;
  /** Settles when the response has been sent; rejects when the client went away. */
  completed: Promise<void>;
  via: Via;
  /** What its connection may hold of a body: {@linkcode HOLDS}, as on a listener of ours. */
  holds: number;
  /** The registry of the map that was called by its own name; the request needs no other routing. */
  registry?: string;
  /** Who signed in at the forward proxy; the handler does not ask again. */
  user?: string;
}

/** The same handler as on the registry port. */
export type ForwardHandler = (
  request: Request,
  caller: ForwardCaller,
) => Promise<Response> | Response;
