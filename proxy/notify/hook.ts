/** One webhook: what waits for it, in order, and how the latest delivery went. */
import type { Clock } from "../../base/clock.ts";
import { seconds } from "../../base/units.ts";
import { kindOfFailure, UpstreamError } from "../upstream/errors.ts";
import type { Happening } from "./happening.ts";
import { bodyOf, type Format, signatureOf } from "./payload.ts";
import type { Post } from "./post.ts";

/** As the configuration has it. */
export interface WebhookSettings {
  name: string;
  url: string;
  format: Format;
  /** Empty: every event. */
  events: readonly string[];
  /** Signs what is sent; empty: nothing does. */
  secret: string;
}

export interface Sending {
  clock: Clock;
  post: Post;
  /** For `User-Agent`. */
  version: string;
  /** Told, in words without a secret, of what could not be delivered. */
  failed(line: string): void;
}

export interface Delivery {
  ok: boolean;
  /** Unix milliseconds. */
  at: number;
  /** Milliseconds that the last attempt took. */
  ms: number;
  /** `It answered 200`, or what went wrong. */
  text: string;
}

/** Milliseconds before each further attempt. */
export const RETRIES = [1_000, 5_000, 30_000];
/** Milliseconds for one attempt. */
const LIMIT = 10_000;
/** More than this is not kept for a receiver that is away; the oldest goes first. */
export const MOST_WAITING = 100;

export class Hook {
  #settings: WebhookSettings;
  readonly #sending: Sending;
  readonly #waiting: Happening[] = [];
  readonly #closed = new AbortController();
  #running = false;
  #last: Delivery | undefined;
  #dropped = 0;

  constructor(settings: WebhookSettings, sending: Sending) {
    this.#settings = settings;
    this.#sending = sending;
  }

  get settings(): WebhookSettings {
    return this.#settings;
  }

  /** How many happenings wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many were given up, because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Of everything that was sent; undefined before the first. */
  get last(): Delivery | undefined {
    return this.#last;
  }

  /** Takes over other settings; what waits is sent by these. */
  configure(settings: WebhookSettings): void {
    this.#settings = settings;
  }

  /** Sends `happening` when its turn comes, if this hook is to be told of it. Returns at once. */
  send(happening: Happening): void {
    const { events } = this.#settings;
    if (events.length > 0 && !events.includes(happening.event)) return;
    if (this.#waiting.length >= MOST_WAITING) {
      // The first may be under way.
      this.#waiting.splice(1, 1);
      this.#dropped++;
    }
    this.#waiting.push(happening);
    if (!this.#running) void this.#run();
  }

  /** Sends `happening` once, whatever waits, and tells how that went. */
  async try(happening: Happening): Promise<Delivery> {
    return this.#last = await this.#attempt(happening);
  }

  /** Gives up what waits. */
  close(): void {
    this.#closed.abort();
    this.#waiting.length = 0;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.#deliver(next);
      this.#waiting.shift();
    }
    this.#running = false;
  }

  async #deliver(happening: Happening): Promise<void> {
    const { clock, failed } = this.#sending;
    for (const pause of [0, ...RETRIES]) {
      await clock.delay(pause, this.#closed.signal).catch(() => {});
      if (this.#closed.signal.aborted) return;
      if ((await this.try(happening)).ok) return;
    }
    const { text } = this.#last!;
    failed(`${this.#settings.name}: ${happening.id} was not delivered: ${text}`);
  }

  async #attempt(happening: Happening): Promise<Delivery> {
    const { clock, post, version } = this.#sending;
    const { url, format, secret, name } = this.#settings;
    const body = bodyOf(happening, format);
    const at = clock.now();
    const limit = new AbortController();
    const cancel = clock.after(LIMIT, () => limit.abort());
    const done = (ok: boolean, text: string) => ({ ok, at, ms: clock.now() - at, text });
    try {
      const status = await post({
        url,
        body,
        headers: {
          "content-type": "application/json",
          "user-agent": `berth/${version}`,
          "x-berth-event": happening.event,
          ...(secret ? { "x-berth-signature": signatureOf(body, secret) } : {}),
        },
        signal: AbortSignal.any([limit.signal, this.#closed.signal]),
      });
      return done(status >= 200 && status < 300, `it answered ${status}`);
    } catch (cause) {
      if (limit.signal.aborted) return done(false, `it did not answer within ${seconds(LIMIT)}`);
      // The library's own words have the URL in them, which is a secret.
      return done(false, new UpstreamError(kindOfFailure(cause), name).reason);
    } finally {
      cancel();
    }
  }
}
