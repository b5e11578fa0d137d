/** One image, from its tag to its last layer. */
import type { Cache } from "../../cache/api.ts";
import type { Clock } from "../../base/clock.ts";
import type { Turns } from "../../base/turns.ts";
import type { Reference } from "../../cache/manifest.ts";
import { type Asker, type ManifestAnswer, Refused } from "./asker.ts";
import { choose } from "./choose.ts";
import type { Image } from "./image.ts";
import type { ImageProgress, Part, PartKind } from "./progress.ts";
import { type Closed, closedWords } from "./quota.ts";
import { referrersOf } from "./referrers.ts";

interface PullMeans {
  asker: Asker;
  cache: Pick<Cache, "look" | "holding">;
  clock: Clock;
  /** Bounds how much is asked for at a time. */
  turns: Turns;
  /** Until when and why `registry` is not to be asked; `undefined`: it may be. */
  closed(registry: string): Closed | undefined;
  /** Whether it waits for that; else it fails. */
  waits: boolean;
  /** Resolves when that much more of a blob may come; none: at once. */
  pace?: ((digest: string, bytes: number) => Promise<void> | undefined) | undefined;
  /** Throws where there is no room for `bytes` more. */
  reserveRoom(bytes: number): Promise<void>;
}

export interface PullOptions {
  platforms: readonly string[];
  referrers: boolean;
}

/** Milliseconds after which a closed registry is looked at again: others may have learnt more. */
const LOOK_AGAIN = 60_000;
/** How often a 429 is waited for before it counts as a failure. */
const MOST_WAITS = 50;

/**
 * Fetches `image` and tells `progress` of it; what is here is left alone. Throws what went wrong first,
 * after everything else has come, and the reason of `signal`.
 */
export async function pullImage(
  image: Image,
  options: PullOptions,
  means: PullMeans & { progress: ImageProgress; signal: AbortSignal },
): Promise<void> {
  await new ImagePull(image, options, means).run();
}

class ImagePull {
  readonly #image: Image;
  readonly #options: PullOptions;
  readonly #means: PullMeans & { progress: ImageProgress; signal: AbortSignal };
  readonly #parts = new Map<string, Part>();
  /** Parts that are manifests, and have come. */
  readonly #manifests: Part[] = [];
  readonly #blobs: Part[] = [];
  readonly #errors: unknown[] = [];

  constructor(
    image: Image,
    options: PullOptions,
    means: PullMeans & { progress: ImageProgress; signal: AbortSignal },
  ) {
    this.#image = image;
    this.#options = options;
    this.#means = means;
  }

  async run(): Promise<void> {
    const { progress, reserveRoom } = this.#means;
    const { reference } = this.#image;
    progress.state = "running";
    const top = await this.#manifestOf(reference);
    progress.digest = top.digest;
    await this.#take(top, { kind: "manifest", platform: "" });
    if (this.#options.referrers) await this.#referrers();
    const missing = this.#blobs.filter((part) => !this.#markHere(part));
    await reserveRoom(missing.reduce((sum, { size }) => sum + size, 0));
    await Promise.allSettled(missing.map((part) => this.#guarded(part)));
    this.#means.signal.throwIfAborted();
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  /** Notes a manifest that is at hand, and fetches those below it. */
  async #take(
    { digest, bytes, here }: ManifestAnswer,
    { kind, platform }: { kind: PartKind; platform: string },
  ): Promise<void> {
    const { progress } = this.#means;
    const chosen = choose(bytes, kind === "referrer" ? EVERYTHING : this.#options);
    const { manifests, attestations, blobs, offered, lacking } = chosen;
    const part = this.#part({ digest, platform, size: bytes.length }, kind);
    part.kind = manifests.length + offered.length > 0 && kind === "manifest" ? "index" : kind;
    part.received = bytes.length;
    part.state = here ? "here" : "came";
    this.#manifests.push(part);
    progress.lacking.push(...lacking);
    if (offered.length > 0 && manifests.length === 0) throw noPlatform(this.#options, offered);
    for (const blob of blobs) this.#addBlob(blob, kind, platform);
    await Promise.all([
      ...manifests.map((entry) => this.#child(entry, kind)),
      ...attestations.map((entry) => this.#child(entry, "referrer")),
    ]);
  }

  async #child({ digest, size, platform }: Reference, kind: PartKind): Promise<void> {
    if (this.#parts.has(digest)) return;
    const part = this.#part({ digest, platform, size }, kind);
    if (platform && kind !== "referrer") this.#means.progress.platforms.push(platform);
    const found = await this.#manifest(part);
    if (found) await this.#take(found, { kind, platform });
  }

  /** The manifest of `part`; `undefined` where it cannot be had, which is noted. */
  async #manifest(part: Part): Promise<ManifestAnswer | undefined> {
    part.state = "running";
    try {
      return await this.#manifestOf(part.digest);
    } catch (error) {
      this.#fail(part, error);
    }
  }

  #manifestOf(reference: string): Promise<ManifestAnswer> {
    const here = reference.includes(":") && this.#isHere(reference) !== undefined;
    return this.#ask((asker, signal) => asker.manifest(this.#image, reference, signal), !here);
  }

  /** What refers to what was chosen, and to that in turn. */
  async #referrers(): Promise<void> {
    // Those that are found meanwhile are added behind.
    for (const { digest, platform } of this.#manifests) {
      try {
        await this.#referrersTo(digest, platform);
      } catch (error) {
        this.#means.signal.throwIfAborted();
        this.#errors.push(error);
      }
    }
  }

  async #referrersTo(digest: string, platform: string): Promise<void> {
    const found = await this.#ask((asker, signal) =>
      referrersOf(asker, this.#image, digest, signal)
    );
    for (const reference of found) {
      if (this.#parts.has(reference)) continue;
      const answer = await this.#manifestOf(reference);
      if (this.#parts.has(answer.digest)) continue;
      await this.#take(answer, { kind: "referrer", platform });
    }
  }

  #addBlob({ digest, kind, size }: Reference, parent: PartKind, platform: string): void {
    if (this.#parts.has(digest)) return;
    const own = kind === "config" ? "config" : "layer";
    this.#blobs.push(
      this.#part({ digest, platform, size }, parent === "referrer" ? "referrer" : own),
    );
  }

  /** Bytes of `digest`, if it is in the cache and the repository known to hold it. */
  #isHere(digest: string): number | undefined {
    const { stat, linked } = this.#means.cache.look(digest, this.#image.key);
    return linked ? stat?.size : undefined;
  }

  #markHere(part: Part): boolean {
    const size = this.#isHere(part.digest);
    if (size === undefined) return false;
    Object.assign(part, { state: "here", size, received: size });
    return true;
  }

  async #guarded(part: Part): Promise<void> {
    try {
      await this.#blob(part);
    } catch (error) {
      this.#fail(part, error);
    }
  }

  async #blob(part: Part): Promise<void> {
    const { cache } = this.#means;
    // What another image has brought meanwhile.
    if (this.#markHere(part)) return;
    part.state = "running";
    await cache.holding(part.digest, async () => {
      if (cache.look(part.digest, this.#image.key).stat) {
        await this.#ask((asker, signal) => asker.confirm(this.#image, part.digest, signal));
        if (this.#markHere(part)) return;
      }
      const here = await this.#ask((asker, signal) => {
        part.received = 0;
        const { pace } = this.#means;
        return asker.blob(this.#image, part.digest, signal, {
          taken: (bytes) => part.received += bytes,
          pace: pace && ((bytes) => pace(part.digest, bytes)),
        });
      });
      part.state = here ? "here" : "came";
      part.size = part.received;
    });
  }

  /** Notes why `part` did not come; a pull that was called off is no failure of any part. */
  #fail(part: Part, error: unknown): void {
    this.#means.signal.throwIfAborted();
    part.state = "failed";
    part.error = error instanceof Error ? error.message : String(error);
    this.#errors.push(error);
  }

  #part(about: Pick<Part, "digest" | "platform" | "size">, kind: PartKind): Part {
    const known = this.#parts.get(about.digest);
    if (known) return known;
    const part: Part = { ...about, kind, received: 0, state: "waiting", error: "" };
    this.#parts.set(about.digest, part);
    this.#means.progress.parts.push(part);
    return part;
  }

  /**
   * Asks when its turn comes; what `counts` as a pull at the registry, not before there is quota for it,
   * and what is refused for want of quota is asked again later.
   */
  async #ask<T>(
    question: (asker: Asker, signal: AbortSignal) => Promise<T>,
    counts = false,
  ): Promise<T> {
    const { asker, signal, turns, closed } = this.#means;
    for (let waits = 0;; waits++) {
      if (counts || waits > 0) await this.#open();
      try {
        return await turns(() => question(asker, signal));
      } catch (error) {
        const limited = error instanceof Refused && error.status === 429;
        const waiting = limited && closed(this.#image.registry) !== undefined;
        if (!waiting || waits >= MOST_WAITS) throw error;
      }
    }
  }

  /** Resolves when the registry may be asked. */
  async #open(): Promise<void> {
    const { progress, clock, signal, closed, waits } = this.#means;
    for (;;) {
      const found = closed(this.#image.registry);
      if (found === undefined) break;
      const { until, why } = found;
      if (!waits) throw new Refused(429, closedWords(found));
      Object.assign(progress, { state: "held", until, error: why });
      await clock.delay(Math.min(LOOK_AGAIN, Math.max(1, until - clock.now())), signal);
    }
    if (progress.state === "held") {
      Object.assign(progress, { state: "running", until: null, error: "" });
    }
  }
}

const EVERYTHING = { platforms: [], referrers: true };

function noPlatform({ platforms }: PullOptions, offered: readonly string[]): Error {
  return new Refused(
    404,
    `there is no ${platforms.join(" or ")}; it has ${[...new Set(offered)].join(", ")}`,
  );
}
