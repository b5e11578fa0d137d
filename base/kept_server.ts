/**
 * An HTTP server that keeps listening. Deno's own (2.9) ends where a connection cannot be accepted, as
 * when the process has no file descriptors left: what it is answering goes on, but nobody listens any
 * more, and a `finished` that nobody looks at ends the process.
 */

/** Milliseconds before it listens again, and between two reports. */
const PAUSE = 200;
const REPORT_EVERY = 10_000;

export class KeptServer<Addr extends Deno.Addr> {
  readonly #open: (before?: Addr) => Deno.HttpServer<Addr>;
  readonly #failed: (error: unknown) => void;
  #server: Deno.HttpServer<Addr>;
  #reported = -Infinity;
  #over = false;

  /**
   * Listens by `open`, whose errors are thrown, and again by `open` with the address from before. `failed`
   * is told why it has to, every ten seconds at most.
   */
  constructor(
    open: (before?: Addr) => Deno.HttpServer<Addr>,
    failed: (error: unknown) => void = () => {},
  ) {
    this.#open = open;
    this.#failed = failed;
    this.#server = this.#watched(open());
  }

  get addr(): Addr {
    return this.#server.addr;
  }

  /** Stops listening; settles when what runs has ended, as far as this listener took it. */
  async shutdown(): Promise<void> {
    this.#over = true;
    await this.#server.shutdown().catch(() => {}); // It has ended already.
  }

  #watched(server: Deno.HttpServer<Addr>): Deno.HttpServer<Addr> {
    server.finished.catch((error) => this.#again(error));
    return server;
  }

  async #again(error: unknown): Promise<void> {
    while (!this.#over) {
      if (performance.now() - this.#reported >= REPORT_EVERY) {
        this.#reported = performance.now();
        this.#failed(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (this.#over) return;
      try {
        this.#server = this.#watched(this.#open(this.#server.addr));
        return;
      } catch {
        // Not yet.
      }
    }
  }
}
