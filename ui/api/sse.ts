/**
 * Server-sent events with bounded memory: nothing is queued for a reader that does not read. It is
 * polled again once it does, and told how things are by then.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

export interface ServerEvent {
  event: string;
  /** What the browser sends back as `Last-Event-ID`. */
  id?: string;
  data: unknown;
}

export interface EventStreamOptions {
  /** What is new since the last call. */
  poll: () => ServerEvent[];
  /** Whether the reader may keep listening; asked about once a second. */
  allowed: () => boolean;
  /** Called once when the stream is over, whichever side ended it. */
  ended: () => void;
  /** Told of what `poll` throws; the stream breaks off then. */
  failed: (error: unknown) => void;
  /** Monotonic or Unix milliseconds. */
  now: () => number;
  /** Milliseconds between polls. */
  tickMs: number;
}

const BUFFER_BYTES = 64 * 1024;
const HEARTBEAT_MS = 15e3;
const CHECK_MS = 1e3;
/** A reader that took nothing for this long is gone. */
const STALLED_MS = 60e3;

/** A `text/event-stream` response that lives until its reader goes or may no longer listen. */
export function eventStream(options: EventStreamOptions): Response {
  const connection = new Connection(options);
  const body = new ReadableStream<Uint8Array>(
    connection,
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }),
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    },
  });
}

class Connection implements UnderlyingDefaultSource<Uint8Array> {
  readonly #options: EventStreamOptions;
  readonly #encoder = new TextEncoder();
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastRead: number;
  #lastSent: number;
  #lastCheck: number;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#lastRead = this.#lastSent = this.#lastCheck = options.now();
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#send(controller, "retry: 2000\n\n");
    this.#timer = setInterval(() => this.#tryTick(controller), this.#options.tickMs);
    this.#tryTick(controller);
  }

  cancel(): void {
    this.#end();
  }

  #tryTick(controller: ReadableStreamDefaultController<Uint8Array>): void {
    try {
      this.#tick(controller);
    } catch (error) {
      this.#end();
      this.#options.failed(error);
      controller.error(error);
    }
  }

  #tick(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const now = this.#options.now();
    const ready = (controller.desiredSize ?? 0) > 0;
    if (ready) this.#lastRead = now;
    if (now - this.#lastRead > STALLED_MS || !this.#allowed(now)) {
      this.#end();
      controller.close();
      return;
    }
    if (!ready) return;
    const events = this.#options.poll();
    if (events.length > 0) this.#send(controller, events.map(format).join(""));
    else if (now - this.#lastSent >= HEARTBEAT_MS) this.#send(controller, ": still here\n\n");
  }

  #allowed(now: number): boolean {
    if (now - this.#lastCheck < CHECK_MS) return true;
    this.#lastCheck = now;
    return this.#options.allowed();
  }

  #send(controller: ReadableStreamDefaultController<Uint8Array>, text: string): void {
    controller.enqueue(this.#encoder.encode(text));
    this.#lastSent = this.#options.now();
  }

  #end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.ended();
  }
}

/** JSON has no line breaks of its own, so that one `data` line holds it. */
function format({ event, id, data }: ServerEvent): string {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}
