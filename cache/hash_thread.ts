/**
 * Hashing content while it comes in. That is a third of what a fill costs, so large content is
 * hashed from its file by a thread of its own, while this one goes on serving.
 */
import type { Hasher } from "./digest.ts";
import type { HashAnswer, HashOrder } from "./hash_worker.ts";

/** The running hash of content that comes in. */
export interface ContentHash {
  /** Whether the bytes are taken from the file, so that all of them have to be there at the end. */
  readonly ofFile: boolean;
  /** The next bytes of the content. */
  received(bytes: Uint8Array): void;
  /** The file holds `size` bytes by now. */
  written(size: number): void;
  /** The digest of all `size` bytes; throws where the other thread could not tell. */
  finish(size: number): Promise<string>;
  /** Lets go of the file. */
  close(): void;
}

/** Hashes in this thread what `hasher` has not seen yet. */
export function hashHere(hasher: Hasher): ContentHash {
  return {
    ofFile: false,
    received: (bytes) => hasher.update(bytes),
    written: () => {},
    finish: () => Promise.resolve(hasher.finish()),
    close: () => {},
  };
}

/** The other thread, which begins with the first file. */
export class HashThread {
  readonly #trouble: (error: unknown) => void;
  #worker: Worker | undefined;
  #last = 0;
  readonly #asked = new Map<number, PromiseWithResolvers<string>>();

  /** `trouble` is told what the thread could not do; its work is then done elsewhere. */
  constructor(trouble: (error: unknown) => void = () => {}) {
    this.#trouble = trouble;
  }

  /** Follows the file at `path`, which is to hold the content of `digest` one day. */
  follow(digest: string, path: string): ContentHash {
    const id = ++this.#last;
    this.#worker ??= this.#start();
    this.#tell({ id, kind: "open", digest, path });
    return {
      ofFile: true,
      received: () => {},
      written: (size) => this.#tell({ id, kind: "written", size }),
      finish: (size) => this.#finish(id, size),
      close: () => this.#tell({ id, kind: "close" }),
    };
  }

  /** Ends the thread; who waits for a digest gets an error. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#asked.values()) {
      reject(new Error("the hashing thread has ended"));
    }
    this.#asked.clear();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./hash_worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<HashAnswer>) => {
      const asked = this.#asked.get(data.id);
      this.#asked.delete(data.id);
      if ("digest" in data) return asked?.resolve(data.digest);
      const error = new Error(data.error);
      this.#trouble(error);
      asked?.reject(error);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault(); // Those who wait hash by themselves; nobody else has to end.
      this.#trouble(event.message);
      this.close();
    });
    return worker;
  }

  async #finish(id: number, size: number): Promise<string> {
    if (!this.#worker) throw new Error("the hashing thread has ended");
    const asked = Promise.withResolvers<string>();
    this.#asked.set(id, asked);
    this.#tell({ id, kind: "finish", size });
    return await asked.promise;
  }

  #tell(order: HashOrder): void {
    this.#worker?.postMessage(order);
  }
}
