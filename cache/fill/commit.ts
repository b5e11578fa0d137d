/** Content that has come in: its file, its row, what it names, and small content to memory. */
import type { Clock } from "../../base/clock.ts";
import { requireDigest } from "../digest.ts";
import { digestOf } from "../hash.ts";
import { DigestMismatch } from "../errors.ts";
import type { CacheListener } from "../events.ts";
import type { StoredContent } from "./terms.ts";
import type { Catalog } from "../catalog/catalog.ts";
import {
  isManifestType,
  MANIFEST_LIMIT,
  manifestType,
  type Reference,
  referencesOf,
} from "../manifest.ts";
import { type Memory, MEMORY_ENTRY_LIMIT } from "../blobs/memory.ts";
import { readFully } from "../blobs/read_fully.ts";
import type { BlobStore } from "../blobs/store.ts";

interface CommitterOptions {
  clock: Clock;
  catalog: Catalog;
  store: BlobStore;
  memory: Memory;
  emit: CacheListener;
  /** There is more than before: the limits may be passed. */
  grown: () => void;
  /** The blob is on the disk. */
  placed: (digest: string) => void;
}

export interface About {
  repositories: ReadonlySet<string>;
  keepInMemory: boolean;
}

export class Committer {
  readonly #options: CommitterOptions;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Stores content already at hand. Without a disk to write to, memory alone serves it. */
  async put(
    digest: string,
    bytes: Uint8Array,
    mediaType: string,
    repository?: string,
  ): Promise<void> {
    const { catalog, memory, emit } = this.#options;
    const actual = digestOf(bytes, requireDigest(digest).algorithm);
    if (actual !== digest) throw new DigestMismatch(digest, actual);
    memory.set(digest, bytes, nameOf(manifestType(bytes, mediaType), mediaType));
    const known = catalog.blob(digest);
    try {
      if (!known) await this.#write(digest, bytes);
    } catch (error) {
      return emit({ kind: "not-stored", digest, repository: repository ?? "", error });
    }
    const content = { size: bytes.length, mediaType, bytes: () => bytes };
    const repositories = new Set(repository ? [repository] : []);
    await this.stored(digest, content, { repositories, keepInMemory: true }, known?.verified);
  }

  /** Content is in place: the index and memory learn of it. `verified`: when its file was last. */
  async stored(
    digest: string,
    content: StoredContent,
    about: About,
    verified = this.#options.clock.now(),
  ): Promise<void> {
    const { catalog, memory, clock, grown, placed } = this.#options;
    const { size } = content;
    const { mediaType, references } = await this.#identify(digest, content);
    const now = clock.now();
    const times = { created: now, lastUsed: now, verified };
    const { repositories } = about;
    catalog.addBlob({ digest, size, mediaType, ...times }, { references, repositories });
    const small = about.keepInMemory && size <= MEMORY_ENTRY_LIMIT ? content.bytes() : undefined;
    if (small) memory.set(digest, small, mediaType);
    placed(digest);
    grown();
  }

  /**
   * A manifest is one whichever way it came: registries give every content as a blob, too, and call
   * it `application/octet-stream` then.
   */
  async #identify(
    digest: string,
    { size, mediaType, bytes }: StoredContent,
  ): Promise<{ mediaType: string; references: Reference[] }> {
    const limit = isManifestType(mediaType) ? MANIFEST_LIMIT : MEMORY_ENTRY_LIMIT;
    const content = size <= limit ? bytes() ?? await this.#read(digest, size) : undefined;
    const own = content && manifestType(content, mediaType);
    return {
      mediaType: nameOf(own ?? "", mediaType),
      references: own ? referencesOf(content) : [],
    };
  }

  async #read(digest: string, size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    const file = await this.#options.store.open(digest);
    try {
      if (file) await readFully(file, bytes, 0);
    } finally {
      file?.close();
    }
    return bytes;
  }

  async #write(digest: string, bytes: Uint8Array): Promise<void> {
    const writer = await this.#options.store.create(digest);
    try {
      await writer.write(bytes);
      await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }
}

/** What content is recorded as: nothing is a manifest only because it was called one. */
function nameOf(own: string, called: string): string {
  return own || (isManifestType(called) ? "" : called);
}
