/**
 * What people decided about tags: frozen to a digest, and let through although new. In a file of its
 * own, since unlike the rest of what is known of tags it cannot be learnt again.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { globPattern } from "../../base/glob.ts";
import { type KeptFile, keptFile } from "../../base/kept_file.ts";
import type { TagName } from "../../cache/types.ts";

const decided = { by: z.string(), at: z.number() };

const frozen = z.object({ image: z.string(), digest: z.string(), ...decided });
/** Without a digest: all that was known at `at` under names that the glob `image` matches. */
const released = z.object({ image: z.string(), digest: z.string().optional(), ...decided });
/** Not frozen since `at`: what another Berth still has of before that does not count. */
const thawed = z.object({ image: z.string(), at: z.number() });
const file = z.object({
  frozen: z.array(frozen),
  released: z.array(released),
  thawed: z.array(thawed).default([]),
});

/** `image`: `docker/library/alpine:3.20`; `at`: Unix milliseconds; `by`: who decided. */
export type Frozen = Readonly<z.infer<typeof frozen>>;
/** `image`: a name with a tag, or a glob of such names. */
export type Released = Readonly<z.infer<typeof released>>;
export type Decisions = z.infer<typeof file>;
type Thawed = Readonly<z.infer<typeof thawed>>;

const NOTHING: Decisions = { frozen: [], released: [], thawed: [] };

export type BookStore = KeptFile<Decisions>;

/** The file at `path`, which need not be there yet. */
export function bookFile(path: string): BookStore {
  return keptFile(path, file, {
    empty: NOTHING,
    remedy: "put it back from a backup, or remove it and freeze again",
  });
}

/** Decisions that end with the process. */
export const NO_BOOK: BookStore = {
  read: () => Promise.resolve(NOTHING),
  write: () => Promise.resolve(),
};

/** Enough for every image of a cluster, and few enough to look through. */
const MOST_DECISIONS = 10_000;

export class TrustBook {
  readonly #store: BookStore;
  #tell: (about: string, change: Decisions) => void = () => {};
  #frozen: ReadonlyMap<string, Frozen>;
  #thawed: ReadonlyMap<string, Thawed>;
  #released: readonly Released[];
  readonly #patterns = new WeakMap<Released, RegExp>();
  #queue: Promise<unknown> = Promise.resolve();
  #revision = 0;

  private constructor({ frozen, released, thawed }: Decisions, store: BookStore) {
    this.#store = store;
    this.#frozen = byImage(frozen);
    this.#thawed = byImage(thawed);
    this.#released = released;
  }

  /** Reads what `store` has. Throws where it cannot be read. */
  static async open(store: BookStore): Promise<TrustBook> {
    return new TrustBook(await store.read(), store);
  }

  /** Calls `tell` with what is decided here, and the image that it is about. */
  tellBy(tell: (about: string, change: Decisions) => void): void {
    this.#tell = tell;
  }

  /** Every decision. */
  get state(): Decisions {
    const [thawed, released] = [[...this.#thawed.values()], [...this.#released]];
    return { frozen: this.frozen, released, thawed };
  }

  /** Stands for all that is decided: who says the same knows the same. */
  get mark(): string {
    const { frozen, released, thawed } = this.state;
    const all = [
      frozen.map(({ image, digest, at }) => [image, digest, at].join(" ")).sort(),
      released.map(({ image, digest, at }) => [image, digest, at].join(" ")).sort(),
      thawed.map(({ image, at }) => [image, at].join(" ")).sort(),
    ];
    return createHash("sha256").update(JSON.stringify(all)).digest("hex");
  }

  /** What to tell somebody whose mark is `known`. */
  toldTo(known: string | null): Decisions | { same: true } {
    return known === this.mark ? { same: true } : this.state;
  }

  /** Rises with each decision: what was answered before may not hold. */
  get revision(): number {
    return this.#revision;
  }

  /** What is frozen, newest first. */
  get frozen(): Frozen[] {
    return [...this.#frozen.values()].sort((a, b) => b.at - a.at);
  }

  get released(): readonly Released[] {
    return this.#released;
  }

  /** What `image` (`docker/library/alpine:3.20`) is frozen to. */
  frozenTo(image: string): Frozen | undefined {
    return this.#frozen.get(image);
  }

  /**
   * Whether `digest`, known since `since` (Unix ms) under the names `images`, was let through: by
   * itself, by a pattern, or because a tag is frozen to it. A name may have an empty tag.
   */
  isReleased(digest: string, since: number, images: readonly string[]): boolean {
    const repositories = new Set(images.map(repositoryOf));
    const within = (it: { image: string }) => repositories.has(repositoryOf(it.image));
    if (this.#frozen.values().some((it) => it.digest === digest && within(it))) return true;
    return this.#released.some((it) =>
      it.digest === undefined
        ? since <= it.at && images.some((image) => this.#patternOf(it).test(image))
        : it.digest === digest && within(it)
    );
  }

  /** Made once: each request for what is held back is compared with all of them. */
  #patternOf(decision: Released): RegExp {
    const pattern = this.#patterns.get(decision) ?? globPattern(decision.image);
    this.#patterns.set(decision, pattern);
    return pattern;
  }

  /** Throws where it cannot be kept; it does not hold then. */
  async freeze(decision: Frozen): Promise<void> {
    // By whoever's clock: it comes after what it takes the place of.
    const at = Math.max(decision.at, this.#lastAbout(decision.image) + 1);
    await this.#decide(decision.image, { ...NOTHING, frozen: [{ ...decision, at }] });
  }

  /** False where it is not frozen. Throws where that cannot be kept. `at`: Unix milliseconds. */
  async unfreeze(image: string, at = Date.now()): Promise<boolean> {
    if (!this.#frozen.has(image)) return false;
    const thawed = { image, at: Math.max(at, this.#lastAbout(image) + 1) };
    await this.#decide(image, { ...NOTHING, thawed: [thawed] });
    return true;
  }

  /** Lets through what `decision` means. Throws where it cannot be kept. */
  async release(decision: Released): Promise<void> {
    await this.#decide(decision.image, { ...NOTHING, released: [decision] });
  }

  /** Takes over what was decided elsewhere, if `told` is that: of each image what was decided last. */
  async learn(told: unknown): Promise<void> {
    const { data } = file.safeParse(told);
    if (data) await this.#change(data);
  }

  async #decide(image: string, change: Decisions): Promise<void> {
    await this.#change(change);
    this.#tell(image, change);
  }

  #lastAbout(image: string): number {
    const [frozen, thawed] = [this.#frozen.get(image), this.#thawed.get(image)];
    return Math.max(frozen?.at ?? -1, thawed?.at ?? -1);
  }

  /** One after the other; what the disk refuses is taken back. */
  #change(change: Decisions): Promise<void> {
    const run = this.#queue.then(async () => {
      const before = [this.#frozen, this.#thawed, this.#released, this.mark] as const;
      this.#merge(change);
      if (this.mark === before[3]) return;
      try {
        await this.#store.write(this.state);
        this.#revision++;
      } catch (error) {
        [this.#frozen, this.#thawed, this.#released] = before;
        throw error;
      }
    });
    this.#queue = run.catch(() => {});
    return run;
  }

  #merge({ frozen, thawed, released }: Decisions): void {
    const [cold, warm] = [new Map(this.#frozen), new Map(this.#thawed)];
    const last = (image: string) => Math.max(cold.get(image)?.at ?? -1, warm.get(image)?.at ?? -1);
    for (const one of frozen.filter((it) => it.at > last(it.image))) {
      cold.set(one.image, one);
      warm.delete(one.image);
    }
    for (const one of thawed.filter((it) => it.at > last(it.image))) {
      warm.set(one.image, one);
      cold.delete(one.image);
    }
    const through = new Map(this.#released.map((it) => [idOf(it), it]));
    for (const one of released) {
      if (one.at >= (through.get(idOf(one))?.at ?? 0)) through.set(idOf(one), one);
    }
    this.#frozen = cold;
    this.#thawed = byImage([...warm.values()].sort(byTime).slice(-MOST_DECISIONS));
    this.#released = [...through.values()].sort(byTime).slice(-MOST_DECISIONS);
  }
}

function byImage<T extends { image: string }>(decisions: readonly T[]): Map<string, T> {
  return new Map(decisions.map((it) => [it.image, it]));
}

function idOf({ image, digest }: Released): string {
  return `${image} ${digest}`;
}

function byTime(a: { at: number }, b: { at: number }): number {
  return a.at - b.at;
}

/** `docker/library/alpine:3.20` */
export function imageOf({ registry, repository, tag }: TagName): string {
  return `${registry}/${repository}:${tag}`;
}

/** `docker/acme/app:v1` without its tag. */
function repositoryOf(image: string): string {
  return image.slice(0, image.lastIndexOf(":"));
}
