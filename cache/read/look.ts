/** What is known of a digest, without opening its content. */
import type { Clock } from "../../base/clock.ts";
import type { Memory } from "../blobs/memory.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BlobInfo, BlobStat, Look } from "../types.ts";

interface LookupOptions {
  clock: Clock;
  catalog: Catalog;
  memory: Memory;
  /** Digests that pins hold; going through all tags may be what it takes. */
  pinned: () => ReadonlySet<string>;
  /** Repositories on whose behalf a digest is being fetched. */
  filling: (digest: string) => ReadonlySet<string> | undefined;
  /** The fill whose content is all here and right, though it is still being stored. */
  arrived: (digest: string) => Arrived | undefined;
  /** What the depot is known to hold. */
  depot: (digest: string) => Look["depot"];
}

interface Arrived {
  arrived: { size: number; mediaType: string } | undefined;
  repositories: ReadonlySet<string>;
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
    const held = this.#unstored(digest);
    return held && { ...held, pinned: false };
  }

  /** Everything that a request has to know; each table is looked at once. */
  look(digest: string, repository: string): Look {
    const { catalog, filling, arrived, depot } = this.#options;
    const row = catalog.blob(digest);
    const stat = row ?? this.#unstored(digest);
    return {
      digest,
      stat,
      stored: row !== undefined,
      linked: catalog.names.linked(repository, digest) ||
        (!row && arrived(digest)?.repositories.has(repository) === true),
      filling: filling(digest),
      depot: stat ? undefined : depot(digest),
    };
  }

  /** What memory alone holds, because the disk did not take it, or what is still being stored. */
  #unstored(digest: string): BlobInfo | undefined {
    const { memory, arrived, clock } = this.#options;
    const held = memory.get(digest);
    const known = held
      ? { size: held.bytes.length, mediaType: held.mediaType }
      : arrived(digest)?.arrived;
    if (!known) return undefined;
    const now = clock.now();
    return { digest, ...known, hits: 0, lastUsed: now, created: now, verified: 0 };
  }
}
