/** Every webhook of the configuration. */
import type { Happening } from "./happening.ts";
import { happened } from "./happening.ts";
import { type Delivery, Hook, type Sending, type WebhookSettings } from "./hook.ts";

/** A webhook as it may be shown: without its URL, of which only the host is told, and its secret. */
interface WebhookState {
  name: string;
  host: string;
  format: WebhookSettings["format"];
  /** Empty: every event. */
  events: readonly string[];
  signed: boolean;
  waiting: number;
  dropped: number;
  last: Delivery | undefined;
}

export class Webhooks {
  readonly #sending: Sending;
  #hooks = new Map<string, Hook>();

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  /** Takes over another configuration. What waits for a hook that stays is kept. */
  configure(all: readonly WebhookSettings[]): void {
    const before = this.#hooks;
    this.#hooks = new Map(all.map((settings) => {
      const hook = before.get(settings.name) ?? new Hook(settings, this.#sending);
      hook.configure(settings);
      return [settings.name, hook];
    }));
    for (const [name, hook] of before) if (!this.#hooks.has(name)) hook.close();
  }

  /** Tells every webhook that wants to know. Returns at once; never throws. */
  send(happening: Happening): void {
    for (const hook of this.#hooks.values()) hook.send(happening);
  }

  /** Whether any webhook wants to know of `event`. */
  wants(event: string): boolean {
    return [...this.#hooks.values()].some(({ settings: { events } }) =>
      events.length === 0 || events.includes(event)
    );
  }

  /** Sends a test to the webhook `name`, once; undefined where there is none. */
  async test(name: string): Promise<Delivery | undefined> {
    const title = "This is a test";
    const detail = "Berth can reach this webhook.";
    const time = this.#sending.clock.now();
    return await this.#hooks.get(name)?.try(
      happened({ event: "test", id: "test", title, detail }, time),
    );
  }

  states(): WebhookState[] {
    return [...this.#hooks.values()].map(({ settings, waiting, dropped, last }) => {
      const { name, url, format, events, secret } = settings;
      const { host } = new URL(url);
      return { name, host, format, events, signed: secret !== "", waiting, dropped, last };
    });
  }

  /** Gives up what waits. */
  close(): void {
    for (const hook of this.#hooks.values()) hook.close();
  }
}
