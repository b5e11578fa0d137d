/** Copies bytes between two connections in both directions, each at the pace of its receiver. */
import type { Clock } from "../../../base/clock.ts";
import { type Duplex, hangUp, writeAll } from "../wire/duplex.ts";
import type { LargeBuffers } from "./buffers.ts";

interface RelayOptions {
  clock: Clock;
  buffers: LargeBuffers;
  /** Milliseconds without a byte in either direction after which both are closed. */
  idleTimeout: number;
  /** What has been read from the client already and belongs to the server. */
  head?: Uint8Array;
}

/** How a relay ended: both sides finished, neither sent anything for too long, or a connection failed. */
export const RELAY_ENDS = ["closed", "idle", "reset"] as const;
export type RelayEnd = typeof RELAY_ENDS[number];

/** Each direction waits with a small buffer; once a read fills it, the next one gets a large buffer. */
const SMALL = 8 * 2 ** 10;

export class Relay {
  /** Bytes from the client and to it. */
  up = 0;
  down = 0;
  /** Unix milliseconds of the last byte. */
  lastByteAt: number;

  readonly #client: Duplex;
  readonly #server: Duplex;
  readonly #options: RelayOptions;
  readonly #over = new AbortController();
  #end: RelayEnd = "closed";

  constructor(client: Duplex, server: Duplex, options: RelayOptions) {
    this.#client = client;
    this.#server = server;
    this.#options = options;
    this.lastByteAt = options.clock.now();
  }

  /** Carries bytes until both sides are done; then both connections are closed. Never throws. */
  async run(): Promise<RelayEnd> {
    const idle = this.#watch();
    await Promise.all([
      this.#copy(this.#client, this.#server, (count) => this.up += count, this.#options.head),
      this.#copy(this.#server, this.#client, (count) => this.down += count),
    ]);
    this.#finish();
    await idle;
    return this.#end;
  }

  /** Closes both connections at once. */
  stop(): void {
    this.#finish("reset");
  }

  /** One direction. When one side finishes, the other is half-closed; an error closes both. */
  async #copy(
    from: Duplex,
    to: Duplex,
    count: (bytes: number) => void,
    head?: Uint8Array,
  ): Promise<void> {
    const { buffers, clock } = this.#options;
    const small = new Uint8Array(SMALL);
    let large: Uint8Array<ArrayBuffer> | undefined;
    try {
      if (head) {
        count(head.length);
        await writeAll(to, head);
      }
      for (;;) {
        const buffer = large ?? small;
        const size = await from.read(buffer);
        if (size === null) break;
        count(size);
        this.lastByteAt = clock.now();
        await writeAll(to, buffer.subarray(0, size));
        if (large && size < SMALL) {
          buffers.give(large);
          large = undefined;
        } else if (!large && size === SMALL) {
          large = buffers.take();
        }
      }
      await to.closeWrite().catch(() => {}); // It may be gone altogether by now.
    } catch {
      // Which side failed, and why, makes no difference here.
      this.#finish("reset");
    } finally {
      if (large) buffers.give(large);
    }
  }

  async #watch(): Promise<void> {
    const { clock, idleTimeout } = this.#options;
    try {
      for (;;) {
        const left = this.lastByteAt + idleTimeout - clock.now();
        if (left <= 0) return this.#finish("idle");
        await clock.delay(left, this.#over.signal);
      }
    } catch {
      // The relay is over.
    }
  }

  #finish(end?: RelayEnd): void {
    if (this.#over.signal.aborted) return;
    if (end) this.#end = end;
    this.#over.abort();
    hangUp(this.#client);
    hangUp(this.#server);
  }
}
