/**
 * What people decided about tags: frozen to a digest, and let through although new. In a file of its
 * own, since unlike the rest of what is known of tags it cannot be learnt again.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeAtomically } from "../../base/atomic_file.ts";
import { globPattern } from "../../base/glob.ts";
import type { TagName } from "../../cache/types.ts";

const decided = { by: z.string(), at: z.number() };

const frozen = z.object({ image: z.string(), digest: z.string(), ...decided });
/** Without a digest: all that was known at `at` under names that the glob `image` matches. */
const released = z.object({ image: z.string(), digest: z.string().optional(), ...decided });
const file = z.object({ frozen: z.array(frozen), released: z.array(released) });

/** `image`: `docker/library/alpine:3.20`; `at`: Unix milliseconds; `by`: who decided. */
export type Frozen = Readonly<z.infer<typeof frozen>>;
/** `image`: a name with a tag, or a glob of such names. */
export type Released = Readonly<z.infer<typeof released>>;
type Decisions = z.infer<typeof file>;

/** A decision about an image, as others are told of it; null: taken back. */
export interface BookNews {
  about: string;
  value: { frozen: Frozen } | { released: Released } | null;
}

export interface BookStore {
  read(): Promise<Decisions>;
  write(decisions: Decisions): Promise<void>;
}

/** The file at `path`, which need not be there yet. */
export function bookFile(path: string): BookStore {
  return {
    async read() {
      const text = await readFile(path, "utf8").catch((error: { code?: unknown }) => {
        if (error.code === "ENOENT") return '{"frozen":[],"released":[]}';
        throw error;
      });
      try {
        return file.parse(JSON.parse(text));
      } catch {
        throw new Error(
          `${path} is damaged: put it back from a backup, or remove it and freeze again`,
        );
      }
    },
    write: (decisions) => writeAtomically(path, JSON.stringify(decisions, undefined, 1) + "\n"),
  };
}

/** Decisions that end with the process. */
export const NO_BOOK: BookStore = {
  read: () => Promise.resolve({ frozen: [], released: [] }),
  write: () => Promise.resolve(),
};

/** Enough for every image of a cluster, and few enough to look through. */
export const MOST_DECISIONS = 10_000;

type Tell = (news: BookNews) => void;

export class TrustBook {
  readonly #store: BookStore;
  readonly #tell: Tell;
  readonly #frozen: Map<string, Frozen>;
  #released: Released[];
  #queue: Promise<unknown> = Promise.resolve();
  #revision = 0;

  private constructor({ frozen, released }: Decisions, store: BookStore, tell: Tell) {
    this.#store = store;
    this.#tell = tell;
    this.#frozen = new Map(frozen.map((it) => [it.image, it]));
    this.#released = released;
  }

  /** Reads what `store` has; others are told by `tell` of what is decided here. Throws where it cannot be read. */
  static async open(store: BookStore, tell: Tell = () => {}): Promise<TrustBook> {
    return new TrustBook(await store.read(), store, tell);
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
        ? since <= it.at && images.some((image) => globPattern(it.image).test(image))
        : it.digest === digest && within(it)
    );
  }

  /** Throws where it cannot be kept; it does not hold then. */
  async freeze(decision: Frozen): Promise<void> {
    await this.#change(() => this.#frozen.set(decision.image, decision));
    this.#tell({ about: `frozen ${decision.image}`, value: { frozen: decision } });
  }

  /** False where it is not frozen. Throws where that cannot be kept. */
  async unfreeze(image: string): Promise<boolean> {
    if (!this.#frozen.has(image)) return false;
    await this.#change(() => this.#frozen.delete(image));
    this.#tell({ about: `frozen ${image}`, value: null });
    return true;
  }

  /** Lets through what `decision` means. Throws where it cannot be kept. */
  async release(decision: Released): Promise<void> {
    await this.#change(() => this.#add(decision));
    this.#tell({ about: `released ${decision.image}`, value: { released: decision } });
  }

  /** Takes over what was decided elsewhere. */
  async learn({ about, value }: BookNews): Promise<void> {
    await this.#change(() => {
      if (value === null) this.#frozen.delete(about.slice("frozen ".length));
      else if ("frozen" in value) this.#frozen.set(value.frozen.image, value.frozen);
      else this.#add(value.released);
    });
  }

  #add(decision: Released): void {
    const others = this.#released.filter((it) =>
      it.image !== decision.image || it.digest !== decision.digest
    );
    this.#released = [...others, decision].slice(-MOST_DECISIONS);
  }

  /** One after the other; what the disk refuses is taken back. */
  #change(work: () => void): Promise<void> {
    const run = this.#queue.then(async () => {
      const [frozen, released] = [[...this.#frozen], this.#released];
      work();
      try {
        await this.#store.write({ frozen: this.frozen, released: [...this.#released] });
        this.#revision++;
      } catch (error) {
        this.#frozen.clear();
        for (const [image, it] of frozen) this.#frozen.set(image, it);
        this.#released = released;
        throw error;
      }
    });
    this.#queue = run.catch(() => {});
    return run;
  }
}

/** `docker/library/alpine:3.20` */
export function imageOf({ registry, repository, tag }: TagName): string {
  return `${registry}/${repository}:${tag}`;
}

/** `docker/acme/app:v1` without its tag. */
function repositoryOf(image: string): string {
  return image.slice(0, image.lastIndexOf(":"));
}
