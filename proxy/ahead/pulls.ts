/** Pulls that Berth makes itself: begun, watched, called off, and gone on with after a restart. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type Turns, turns } from "../../base/turns.ts";
import type { Cache } from "../../cache/api.ts";
import type { Caller } from "../http/caller.ts";
import type { RegistryMap } from "../names/target.ts";
import { PLATFORM } from "../oci/platform.ts";
import { Asker, type Handle } from "./asker.ts";
import { BadImage, type Image, imageOf } from "./image.ts";
import { endOf, type ImageProgress, type Pull, sumsOf, type Wanted } from "./progress.ts";
import { pullImage } from "./pull_image.ts";
import { paceOf } from "./pace.ts";
import { closedTo, type ClosedUntil } from "./quota.ts";
import { noRoom } from "./room.ts";
import type { PullStore } from "./store.ts";

export interface PullsParts {
  /** The registry port's handler. */
  handle: Handle;
  cache: Pick<Cache, "look" | "holding" | "usage" | "fills">;
  /** The map in force. */
  map(): RegistryMap;
  clock: Clock;
  store: PullStore;
  closedUntil: ClosedUntil;
  /** `linux/amd64`: what is fetched where nobody says. */
  platform: string;
  /** Told of each image that is over. */
  imageOver?(image: ImageProgress, by: string): void;
  warn(line: string, error: unknown): void;
}

/** How a pull is made, beside what it is to fetch. */
interface Terms {
  by: string;
  /** Share of each registry's quota (0 to 1) that it leaves; 0 where it may use all of it. */
  reserve?: number;
  /** Bytes a second that come for it alone; 0 or none: as fast as they do. */
  limit?: number;
  /** Whether a restart goes on with it; true where it is left out. */
  kept?: boolean;
  /** Whether it waits for a quota that is used up, and does not fail; true where it is left out. */
  waits?: boolean;
  /** Told what each of its questions has cost at the registry. */
  recorded?: Caller["recorded"];
}

/** Images of one registry, and layers and manifests of all, at a time. */
const IMAGES_AT_ONCE = 2;
const PARTS_AT_ONCE = 4;
/** Pulls that are remembered once they are over. */
const REMEMBERED = 20;
const MOST_RUNNING = 100;
const MOST_IMAGES = 2000;

interface Running {
  readonly pull: Pull;
  readonly images: readonly Image[];
  readonly terms: Terms;
  readonly stop: AbortController;
  readonly pace: ReturnType<typeof paceOf> | undefined;
  done: Promise<void>;
}

/** A pull was called off. */
class CalledOff extends Error {
  override readonly name = "CalledOff";
}

export class Pulls {
  readonly #parts: PullsParts;
  readonly #asker: Asker;
  readonly #running = new Map<string, Running>();
  readonly #ended: Pull[] = [];
  readonly #turns = new Map<string, Turns>();
  /** Bytes that are still to come of images that have begun. */
  readonly #pledges = new Map<ImageProgress, () => number>();
  #writing: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(parts: PullsParts) {
    this.#parts = parts;
    this.#asker = new Asker(parts.handle);
  }

  /** Goes on with what a former process left. */
  async resume(): Promise<void> {
    for (const { id, wanted, by, startedAt } of await this.#parts.store.read()) {
      try {
        this.#begin(wanted, { by }, { id, startedAt });
      } catch (error) {
        this.#parts.warn(`the pull of ${wanted.images.join(", ")} is given up`, error);
      }
    }
    await this.#write();
  }

  /**
   * Begins a pull. Throws {@linkcode BadImage} for what names no image or no platform, and where too
   * much is asked for; then nothing has begun.
   */
  start(wanted: Wanted, terms: Terms): Pull {
    const id = randomUUID().slice(0, 8);
    const pull = this.#begin(wanted, terms, { id, startedAt: this.#parts.clock.now() });
    void this.#write();
    return pull;
  }

  /** Those that run, and those that are over; the newest first. */
  list(): Pull[] {
    return [...[...this.#running.values()].map(({ pull }) => pull), ...this.#ended]
      .sort((a, b) => b.startedAt - a.startedAt);
  }

  get(id: string): Pull | undefined {
    return this.#running.get(id)?.pull ?? this.#ended.find((pull) => pull.id === id);
  }

  /** Resolves when the pull is over; it is called off where `signal` is aborted before. */
  async over(id: string, signal?: AbortSignal): Promise<void> {
    const cancel = () => void this.cancel(id);
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted) cancel();
    await this.#running.get(id)?.done;
    signal?.removeEventListener("abort", cancel);
  }

  /** Calls a pull off: what has come stays. False where none of that name runs. */
  cancel(id: string): boolean {
    const running = this.#running.get(id);
    running?.stop.abort(new CalledOff("it was called off"));
    return running !== undefined;
  }

  /** Stops, leaving what a later process goes on with. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { stop } of this.#running.values()) stop.abort(new CalledOff("Berth is stopping"));
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await this.#writing;
  }

  #begin(wanted: Wanted, terms: Terms, about: Pick<Pull, "id" | "startedAt">): Pull {
    const images = imagesOf(wanted, this.#parts.map());
    if (this.#running.size >= MOST_RUNNING) {
      throw new BadImage(`${MOST_RUNNING} pulls are running: wait for one to end, or cancel it`);
    }
    const progress = images.map(progressOf);
    const pull: Pull = {
      ...about,
      wanted,
      by: terms.by,
      endedAt: null,
      state: "running",
      images: progress,
    };
    const stop = new AbortController();
    const pace = terms.limit ? paceOf(terms.limit, this.#parts.clock, stop.signal) : undefined;
    const running: Running = { pull, images, terms, stop, pace, done: Promise.resolve() };
    this.#running.set(pull.id, running);
    running.done = this.#run(running);
    return pull;
  }

  async #run(running: Running): Promise<void> {
    const { pull, images, terms } = running;
    await Promise.all(
      images.map((image, index) =>
        this.#turnsOf(image.registry, terms, IMAGES_AT_ONCE)(() =>
          this.#image(image, pull.images[index]!, running)
        )
      ),
    );
    pull.state = endOf(pull.images);
    pull.endedAt = this.#parts.clock.now();
    if (this.#closing) return;
    this.#running.delete(pull.id);
    this.#ended.unshift(pull);
    this.#ended.length = Math.min(this.#ended.length, REMEMBERED);
    await this.#write();
  }

  async #image(
    image: Image,
    progress: ImageProgress,
    { pull, terms, pace, stop: { signal } }: Running,
  ): Promise<void> {
    const { clock, cache, closedUntil } = this.#parts;
    const { platforms, allPlatforms, referrers } = pull.wanted;
    const stated = platforms.length > 0 ? platforms : image.platforms;
    const wanted = stated.length > 0 ? stated : [this.#parts.platform];
    try {
      await pullImage(image, { platforms: allPlatforms ? [] : wanted, referrers }, {
        asker: terms.recorded ? new Asker(this.#parts.handle, terms.recorded) : this.#asker,
        cache,
        clock,
        turns: this.#turnsOf("", terms, PARTS_AT_ONCE),
        closed: (registry) =>
          closedTo(closedUntil, { registry, reserve: terms.reserve ?? 0, now: clock.now() }),
        waits: terms.waits ?? true,
        reserveRoom: (bytes) => this.#reserve(bytes, progress),
        // Whoever waits for the same is not to be held up.
        pace: pace && ((digest, bytes) => this.#isAlone(digest) ? pace(bytes) : undefined),
        progress,
        signal,
      });
      progress.state = "done";
    } catch (error) {
      const off = signal.aborted && error === signal.reason;
      progress.state = off ? "cancelled" : "failed";
      progress.error = off ? "" : error instanceof Error ? error.message : String(error);
    } finally {
      this.#pledges.delete(progress);
    }
    progress.until = null;
    if (!this.#closing) this.#parts.imageOver?.(progress, pull.by);
  }

  #isAlone(digest: string): boolean {
    const fill = this.#parts.cache.fills().find((fill) => fill.digest === digest);
    return fill === undefined || fill.followers <= 1;
  }

  async #reserve(bytes: number, progress: ImageProgress): Promise<void> {
    if (bytes === 0) return;
    const usage = await this.#parts.cache.usage();
    const pledged = this.#pledges.values().reduce((sum, left) => sum + left(), 0);
    const problem = noRoom(bytes, usage, pledged);
    if (problem) throw new BadImage(problem);
    this.#pledges.set(progress, () => sumsOf(progress.parts).left.bytes);
  }

  /** What leaves a part of the quota, or is slow on purpose, may take long: nobody else waits with it. */
  #turnsOf(registry: string, { reserve = 0, limit = 0 }: Terms, most: number): Turns {
    const key = `${registry} ${reserve} ${limit}`;
    const known = this.#turns.get(key) ?? turns(most);
    this.#turns.set(key, known);
    return known;
  }

  /** Writes down what is not over. One after the other, so that the last one counts. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const kept = [...this.#running.values()]
        .filter(({ terms }) => terms.kept !== false)
        .map(({ pull: { id, wanted, by, startedAt } }) => ({ id, wanted, by, startedAt }));
      await this.#parts.store.write(kept).catch((error) => {
        this.#parts.warn(
          "running pulls cannot be written down; a restart would forget them",
          error,
        );
      });
    });
    return this.#writing;
  }
}

/** The images of `wanted`, each once. Throws {@linkcode BadImage}. */
function imagesOf({ images, platforms }: Wanted, map: RegistryMap): Image[] {
  const wrong = platforms.find((platform) => !PLATFORM.test(platform));
  if (wrong !== undefined) {
    throw new BadImage(`${JSON.stringify(wrong)}: expected a platform such as linux/amd64`);
  }
  const named = new Map(images.map((word) => imageOf(word, map)).map((one) => [one.name, one]));
  if (named.size === 0) throw new BadImage("there is no image to pull");
  if (named.size > MOST_IMAGES) throw new BadImage(`expected ${MOST_IMAGES} images at most`);
  return [...named.values()];
}

function progressOf({ name, registry }: Image): ImageProgress {
  return {
    image: name,
    registry,
    state: "waiting",
    digest: "",
    platforms: [],
    lacking: [],
    parts: [],
    error: "",
    until: null,
  };
}
