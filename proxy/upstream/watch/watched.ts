/** One registry under watch: when it is looked at, and whether requests may go there meanwhile. */
import type { Clock } from "../../../base/clock.ts";
import type { Registry } from "../../config/schema.ts";
import { UpstreamError, type UpstreamErrorKind } from "../errors.ts";
import { type Finding, isDead } from "./finding.ts";
import { type Change, EVERY, Standing, type Verdict } from "./standing.ts";

/** A registry went down, or came back. */
export interface RegistryChange extends Change {
  registry: string;
}

export interface Looking {
  clock: Clock;
  /** Looks at a registry once; throws only the reason of `signal`. */
  check(registry: Registry, signal: AbortSignal): Promise<Finding>;
  /** Told of each registry that goes down or comes back. */
  changed?(change: RegistryChange): void;
}

/** Requests make it be looked at no more often than this, where they do not wait for that… */
const SPACING = 1_000;
/** …and than this, where they do. */
const HALF_OPEN_SPACING = 20;

/**
 * Milliseconds that a request waits at most for a look that may let it pass: longer than any look at
 * a port that is closed, which may open at any time. Nobody waits for what has been silent.
 */
const PATIENCE: Partial<Record<UpstreamErrorKind, number>> = {
  refused: 1_000,
  unreachable: 1_000,
  dns: 100,
};

/** It rests until {@linkcode begin}, and does nothing any more after {@linkcode close}. */
export class Watched {
  readonly registry: Registry;
  /** Unix milliseconds at which a request last came to the gate; 0: none has. */
  askedAt = 0;
  readonly #options: Looking;
  #standing: Standing;
  #begun = false;
  #closed = new AbortController();
  #cancel = () => {};
  #look: Promise<void> | undefined;
  /** The next look, where requests wait for it; undefined once it has begun. */
  #next: Promise<void> | undefined;
  #lookedAt = -Infinity;

  /** `before` is what was held of the registry under other settings. */
  constructor(registry: Registry, options: Looking, before?: Verdict) {
    this.registry = registry;
    this.#options = options;
    this.#standing = new Standing(before);
  }

  get verdict(): Verdict | undefined {
    return this.#standing.verdict;
  }

  /** Looks at it from now on. */
  begin(): void {
    if (this.#begun || this.#closed.signal.aborted) return;
    this.#begun = true;
    void this.#lookNow();
  }

  /** Looks at it no more, and forgets what was seen. */
  rest(): void {
    if (!this.#begun) return;
    this.close();
    this.#closed = new AbortController();
    this.#look = undefined;
    this.#standing = new Standing();
  }

  close(): void {
    this.#begun = false;
    this.#cancel();
    this.#closed.abort();
  }

  /** See `Gate`. */
  enter(): Promise<void> | undefined {
    this.askedAt = this.#options.clock.now();
    return this.#standing.dead ? this.#halfOpen() : undefined;
  }

  answered(status: number): void {
    this.#standing.answered(status, this.#options.clock.now());
    const { verdict } = this;
    // Wrong credentials are not shown again for every request that they do not suffice for.
    const hopeful = status < (verdict?.reason === "auth" ? 400 : 500);
    if (verdict?.up === false && hopeful) void this.#lookSoon();
  }

  failed({ kind }: UpstreamError): void {
    if (!isDead(kind)) return;
    this.#standing.failed(kind);
    this.begin();
    void this.#lookSoon();
  }

  /** Lets a request pass where the registry is found to be back right now. */
  async #halfOpen(): Promise<void> {
    const patience = PATIENCE[this.#standing.dead!];
    if (patience === undefined) void this.#lookSoon();
    else await this.#within(patience, this.#lookAgain());
    const { dead } = this.#standing;
    if (!dead) return;
    const now = this.#options.clock.now();
    const next = this.#lookedAt + this.#standing.pause(now) - now;
    throw new UpstreamError(dead, this.registry.name, {
      reason: `${this.verdict!.message}; it is asked again as soon as it answers`,
      retryAfter: Math.max(1, Math.ceil(next / 1000)),
      unasked: true,
    });
  }

  /** Waits for `work`, `ms` at most. */
  async #within(ms: number, work: Promise<void>): Promise<void> {
    const enough = new AbortController();
    const patience = this.#options.clock.delay(ms, enough.signal).catch(() => {});
    await Promise.race([work, patience]);
    enough.abort();
  }

  /** A look that begins from now on: one that runs may have been too early. */
  async #lookAgain(): Promise<void> {
    await this.#look;
    if (!this.#standing.dead) return;
    const { clock } = this.#options;
    this.#next ??= clock.delay(
      this.#lookedAt + HALF_OPEN_SPACING - clock.now(),
      this.#closed.signal,
    ).then(() => {
      this.#next = undefined;
      return this.#lookNow();
    }, () => {});
    await this.#next;
  }

  /** The look that runs, or a new one unless the last was a moment ago. */
  #lookSoon(): Promise<void> | undefined {
    if (this.#look) return this.#look;
    const { clock } = this.#options;
    if (!this.#begun) return undefined;
    const now = clock.now();
    const wait = this.#lookedAt + SPACING - now;
    if (wait <= 0) return this.#lookNow();
    this.#schedule(Math.min(wait, this.#lookedAt + this.#standing.pause(now) - now));
    return undefined;
  }

  #lookNow(): Promise<void> {
    if (this.#look) return this.#look;
    const look = this.#run().finally(() => {
      if (this.#look === look) this.#look = undefined;
    });
    return this.#look = look;
  }

  async #run(): Promise<void> {
    this.#cancel();
    const { clock, check, changed } = this.#options;
    const { signal } = this.#closed;
    const began = this.#lookedAt = clock.now();
    const finding = await check(this.registry, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (!finding) return this.#schedule(EVERY);
    const now = clock.now();
    const change: Change | undefined = this.#standing.looked(finding, began, now);
    this.#schedule(began + this.#standing.pause(now) - now);
    if (change) changed?.({ registry: this.registry.name, ...change });
  }

  #schedule(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => void this.#lookNow());
  }
}
