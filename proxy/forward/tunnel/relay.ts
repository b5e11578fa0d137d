/** Bytes between two connections, both ways, each way at the pace of whoever takes them. */
import type { LargeBuffers } from "./buffers.ts";
import type { Clock } from "../../../base/clock.ts";

/** What moves bytes; a `Deno.TcpConn` does. */
export interface Duplex {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}

export interface RelayOptions {
  clock: Clock;
  buffers: LargeBuffers;
  /** Milliseconds without a byte in either direction after which both are closed. */
  idleTimeout: number;
  /** What has been read from the client already and belongs to the server. */
  head?: Uint8Array;
}

/** How a relay ended: both sides were done, nobody said anything for too long, or a side broke off. */
export const RELAY_ENDS = ["closed", "idle", "reset"] as const;
export type RelayEnd = typeof RELAY_ENDS[number];

/** A small buffer waits for each direction; what fills it is read on with a large one. */
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

  /** Breaks both connections off. */
  stop(): void {
    this.#finish("reset");
  }

  /** One direction. The end of a side is told to the other (half-close); an error ends both. */
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
      // Which side broke off does not matter, and why is not ours to know.
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

/** Closes a connection that may be closed already. */
export function hangUp(connection: Pick<Duplex, "close">): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Writes all of `bytes`; a connection may take them in parts. */
export async function writeAll(to: Duplex, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}
