/** A text that all Berths of a cluster have, kept by each on its disk and by their coordinator. */
import { type Clock, every } from "./clock.ts";

/** A higher version takes the place of a lower one. */
export interface Document {
  readonly version: number;
  readonly text: string;
}

/** Where documents are for all. No verb throws, and none waits for longer than a moment. */
export interface SharedDocuments {
  /** `away`: nobody answers; `foreign`: what is there was sealed with another secret. */
  read(name: string): Promise<Document | undefined | "away" | "foreign">;
  /** `older`: one of this version or a later is there, and stays. */
  write(name: string, document: Document): Promise<"kept" | "older" | "away">;
}

interface SharedDocumentOptions {
  readonly name: string;
  readonly documents: SharedDocuments;
  readonly clock: Clock;
  /** What this one has. */
  mine(): Promise<Document | undefined>;
  /** Puts `document` in the place of what this one has. Throws where it cannot. */
  keep(document: Document): Promise<void>;
  /** Told that what was kept is another Berth's. */
  changed(): Promise<unknown>;
  /** Has the others look at once. */
  tell(): void;
}

/** Milliseconds between two looks: what others tell may be lost. */
const LOOK_EVERY = 10_000;

const AWAY = "the coordinator (cluster.url) does not answer";
const FOREIGN = "what the cluster shares was sealed with another cluster.secret";

/** Keeps what this one has the same as what all have, from `follow` until it is disposed of. */
export class SharedDocument implements AsyncDisposable {
  readonly #options: SharedDocumentOptions;
  readonly #over = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();
  #following: Promise<void> | undefined;
  #problem = "";
  #asked = false;

  constructor(options: SharedDocumentOptions) {
    this.#options = options;
  }

  /** Why this one may not have what the others have; empty where nothing is known to be wrong. */
  get problem(): string {
    return this.#problem;
  }

  /** Looks now and then; `looked` is called after each time. */
  follow(looked: () => Promise<void> = () => Promise.resolve()): void {
    const { clock } = this.#options;
    this.#following = every(clock, LOOK_EVERY, this.#over.signal, async () => {
      await this.look();
      await looked();
    }, () => {});
  }

  /** Takes what is newer than what this one has, or gives what is older. Never throws. */
  look(): Promise<void> {
    return this.#next(async () => {
      if (this.#over.signal.aborted) return;
      const { name, documents, mine, keep, changed, tell } = this.#options;
      const [found, own] = [await documents.read(name), await mine()];
      if (this.#fails(found)) return;
      const [theirs, ours] = [found?.version ?? 0, own?.version ?? 0];
      // A server that took another's place may have lost one that was kept, and know its like by now.
      if (found && theirs >= ours && found.text !== own?.text) {
        await keep(found);
        await changed();
      } else if (own && ours > theirs) {
        if (await documents.write(name, own) === "kept") tell();
      } else if (!found && !this.#asked) {
        // It may have been emptied, and others have it. Once, or they would ask each other for ever.
        tell();
      }
      this.#asked = true;
    }).catch((error) => {
      this.#problem = error instanceof Error ? error.message : String(error);
    });
  }

  /**
   * Has all Berths take `document`. `older`: somebody has written meanwhile. Throws where this one
   * cannot keep it itself; the others may have it then.
   */
  write(document: Document): Promise<"kept" | "older" | "away" | "foreign"> {
    return this.#next(async () => {
      const { name, documents, keep, tell } = this.#options;
      const found = await documents.read(name);
      if (this.#fails(found)) return found;
      const written = await documents.write(name, document);
      if (this.#fails(written) || written === "older") return written;
      await keep(document);
      tell();
      return written;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#following;
    await this.#queue.catch(() => {});
  }

  /** Whether `answer` is none, and says so. */
  #fails<T>(answer: T | "away" | "foreign"): answer is "away" | "foreign" {
    this.#problem = answer === "away" ? AWAY : answer === "foreign" ? FOREIGN : "";
    return this.#problem !== "";
  }

  /** One after the other, so that each sees what the one before has left. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => {});
    return run;
  }
}
