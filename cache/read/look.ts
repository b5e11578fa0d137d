/** What is known of a digest, without opening its content. */
import type { Clock } from "../../base/clock.ts";
import type { Memory } from "../blobs/memory.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BlobInfo, BlobStat, Look } from "../types.ts";

export interface LookupOptions {
  clock: Clock;
  catalog: Catalog;
  memory: Memory;
  /** Digests that pins hold; going through all tags may be what it takes. */
  pinned: () => ReadonlySet<string>;
  /** Repositories on whose behalf a digest is being fetched. */
  filling: (digest: string) => ReadonlySet<string> | undefined;
}

export class Lookup {
  readonly #options: LookupOptions;

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /** `undefined` where the content is not here. */
  stat(digest: string): BlobStat | undefined {
    const { catalog, pinned } = this.#options;
    const row = catalog.blob(digest);
    if (row) {
      return {
        ...row,
        /** Worked out only for those who ask. */
        get pinned() {
          return pinned().has(digest);
        },
      };
    }
    const held = this.#inMemory(digest);
    return held && { ...held, pinned: false };
  }

  /** Everything that a request has to know; each table is looked at once. */
  look(digest: string, repository: string): Look {
    const { catalog, filling } = this.#options;
    const row = catalog.blob(digest);
    return {
      digest,
      stat: row ?? this.#inMemory(digest),
      stored: row !== undefined,
      linked: catalog.linked(repository, digest),
      filling: filling(digest),
    };
  }

  /** What memory alone holds, because the disk did not take it. */
  #inMemory(digest: string): BlobInfo | undefined {
    const held = this.#options.memory.get(digest);
    if (!held) return undefined;
    const now = this.#options.clock.now();
    const { mediaType, bytes } = held;
    const times = { lastUsed: now, created: now, verified: 0 };
    return { digest, size: bytes.length, mediaType, hits: 0, ...times };
  }
}
