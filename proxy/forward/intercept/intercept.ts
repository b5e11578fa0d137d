/** One TLS server for each intercepted host, with a certificate that is renewed before it ends. */
import type { Authority } from "./ca.ts";
import type { Clock } from "../../../base/clock.ts";
import { InnerServer, type Serve } from "../http/inner_server.ts";
import { issueLeaf } from "./leaf.ts";

interface Entry<Visitor> {
  server: Promise<InnerServer<Visitor>>;
  /** Unix milliseconds. */
  renewAt: number;
}

/** A server whose certificate has been renewed still takes connections that are on their way. */
const OVERLAP = 10_000;

export class Interceptor<Visitor> {
  readonly #entries = new Map<string, Entry<Visitor>>();
  readonly #retired = new Set<Promise<void>>();
  readonly #over = new AbortController();

  constructor(
    readonly authority: Authority,
    private readonly serve: Serve<Visitor>,
    private readonly clock: Clock,
  ) {}

  /**
   * The server for `host`; made at the first call, however many ask at once. There are as many as
   * hosts are intercepted, which the configuration bounds.
   */
  server(host: string): Promise<InnerServer<Visitor>> {
    const known = this.#entries.get(host);
    if (known && this.clock.now() < known.renewAt) return known.server;
    const entry = { renewAt: Infinity, server: this.#make(host, (at) => entry.renewAt = at) };
    this.#entries.set(host, entry);
    entry.server.then(
      () => known && this.#retire(known),
      () => this.#entries.delete(host), // The next connection tries again.
    );
    return entry.server;
  }

  /** Ends every server; settles when their running requests have ended. */
  async close(): Promise<void> {
    this.#over.abort();
    for (const entry of this.#entries.values()) this.#retire(entry);
    this.#entries.clear();
    await Promise.all(this.#retired);
  }

  async #make(host: string, renewAt: (at: number) => void): Promise<InnerServer<Visitor>> {
    const leaf = await issueLeaf(this.authority, host, this.clock.now());
    renewAt(leaf.renewAt);
    return new InnerServer(this.serve, { cert: leaf.cert, key: leaf.key });
  }

  #retire({ server }: Entry<Visitor>): void {
    const retired = this.clock.delay(OVERLAP, this.#over.signal)
      .catch(() => {})
      .then(() => server)
      .then((one) => one.close(), () => {})
      .finally(() => this.#retired.delete(retired));
    this.#retired.add(retired);
  }
}
