/** The interceptor of the CA in force, through every change of that CA. */
import type { Clock } from "../../../base/clock.ts";
import type { Serve } from "../http/inner_server.ts";
import type { Authority } from "./ca.ts";
import { Interceptor } from "./intercept.ts";

export class Interception<Visitor> {
  #current: Interceptor<Visitor> | undefined;
  readonly #retired = new Set<Promise<void>>();

  constructor(private readonly serve: Serve<Visitor>, private readonly clock: Clock) {}

  /** `undefined` where nothing is intercepted. */
  get current(): Interceptor<Visitor> | undefined {
    return this.#current;
  }

  /** Uses `authority` for new connections; running ones keep the certificate that they have. */
  use(authority: Authority | undefined): void {
    if (authority?.fingerprint === this.#current?.authority.fingerprint) return;
    if (this.#current) this.#retire(this.#current);
    this.#current = authority && new Interceptor(authority, this.serve, this.clock);
  }

  /** Ends every server; settles when their running requests have ended. */
  async close(): Promise<void> {
    if (this.#current) this.#retire(this.#current);
    await Promise.all(this.#retired);
  }

  #retire(interceptor: Interceptor<Visitor>): void {
    const closed = interceptor.close().finally(() => this.#retired.delete(closed));
    this.#retired.add(closed);
  }
}
