/** Keeps an eye on every registry in use: looks at it by itself, and learns from what requests meet. */
import type { Registry } from "../../config/schema.ts";
import type { Gate } from "./gate.ts";
import { EVERY, type Verdict } from "./standing.ts";
import { type Looking, Watched } from "./watched.ts";

export interface WatchOptions extends Looking {
  /** Names of the registries that clients have pulled from within a day. */
  pulled(): Iterable<string>;
}

/** A registry that was asked this long ago is not in use any more. */
const FORGOTTEN = 24 * 3600_000;

/** The registries of one configuration at a time; {@linkcode follow} begins, `close` ends it. */
export class RegistryWatch {
  readonly #options: WatchOptions;
  readonly #watched = new Map<string, Watched>();
  #own: ReadonlySet<string> = new Set();
  #stopRound: (() => void) | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /**
   * Watches `registries` from now on, those in `own` whether they are used or not. One whose settings
   * are others than before is looked at at once.
   */
  follow(registries: readonly Registry[], own: Iterable<string>): void {
    this.#own = new Set(own);
    const names = new Set(registries.map(({ name }) => name));
    for (const [name, watched] of this.#watched) {
      if (names.has(name)) continue;
      watched.close();
      this.#watched.delete(name);
    }
    for (const registry of registries) {
      const before = this.#watched.get(registry.name);
      if (before && JSON.stringify(before.registry) === JSON.stringify(registry)) continue;
      before?.close();
      this.#watched.set(registry.name, new Watched(registry, this.#options, before?.verdict));
    }
    this.#round();
  }

  /** What is held of `registry`; undefined where it is not in use, or not looked at yet. */
  of(registry: string): Verdict | undefined {
    return this.#watched.get(registry)?.verdict;
  }

  /** Every registry of which something is held. */
  *entries(): Generator<[registry: string, verdict: Verdict]> {
    for (const [name, { verdict }] of this.#watched) if (verdict) yield [name, verdict];
  }

  /** The gate for requests to `registry`, of this and every later configuration. */
  gate(registry: string): Gate {
    const it = () => this.#watched.get(registry);
    return {
      enter: () => it()?.enter(),
      answered: (status) => it()?.answered(status),
      failed: (error) => it()?.failed(error),
    };
  }

  close(): void {
    this.#stopRound?.();
    for (const watched of this.#watched.values()) watched.close();
    this.#watched.clear();
  }

  /** Begins and ends the watching as registries come into use and fall out of it. */
  #round(): void {
    this.#stopRound?.();
    this.#stopRound = this.#options.clock.after(EVERY, () => this.#round());
    const pulled = new Set(this.#options.pulled());
    const since = this.#options.clock.now() - FORGOTTEN;
    for (const [name, watched] of this.#watched) {
      const inUse = this.#own.has(name) || pulled.has(name) || watched.askedAt > since;
      if (inUse) watched.begin();
      else watched.rest();
    }
  }
}
