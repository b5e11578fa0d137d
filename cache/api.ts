/** What the cache offers to the rest of the program. */
import type { SharedRows } from "./change.ts";
import type { DepotUsage, KeptRows } from "./depot_options.ts";
import type { CacheListener } from "./events.ts";
import type {
  BlobStat,
  Content,
  FillOptions,
  Look,
  OpenOptions,
  RunningFill,
  Source,
  TagKey,
  TagMeaning,
  TagName,
  TagRow,
  TagSighting,
  VerifyProgress,
} from "./types.ts";
import type { CacheSettings } from "./options.ts";
import type { EvictionPlan, EvictOptions, Pin, Selector } from "./eviction.ts";
import type {
  BlobListing,
  BlobQuery,
  Holdings,
  Listing,
  Page,
  ReferenceItem,
  ReferrerItem,
  RegistryItem,
  RepositoryItem,
  RepositoryQuery,
  TagItem,
} from "./listing.ts";

export interface Usage {
  blobs: number;
  /** Bytes of stored content, and what it may take. */
  bytes: number;
  maxSize: number;
  /** Of it, what pins hold. */
  pinnedBytes: number;
  /** Bytes of the disk: to be left free, free now, and all. */
  minFree: number;
  diskFree: number;
  diskTotal: number;
  /** Bytes of content in memory. */
  memory: number;
}

/** What is remembered of a digest in a repository. */
export interface Known {
  /** Unix milliseconds. */
  since: number | undefined;
  tags: string[];
}

export interface Cache {
  /** What is known of stored content; `undefined` where it is not here. */
  stat(digest: string): BlobStat | undefined;
  /** Whether the content can be had without upstream: here, or from the depot. */
  holds(digest: string): boolean;
  /**
   * Everything that a request for `digest` by way of `repository` (`docker/library/alpine`) has to
   * know, at the cost of one look at each: valid until the caller next waits for something.
   */
  look(digest: string, repository: string): Look;
  /**
   * Keeps `digest` from being evicted, if it is here, until `task` has ended: what was here when a
   * request began is still here when it has found out whether it may have it.
   */
  holding<T>(digest: string, task: () => Promise<T>): Promise<T>;
  /**
   * Content that is here, `undefined` where it is not. Throws RangeNotSatisfiable. Where the bytes
   * turn out damaged while they are read, the reader continues from `source`, or gets an error. `wanted` is
   * a digest, or what {@linkcode look} has just said of it, which saves looking again.
   */
  open(
    wanted: Look | string,
    range?: OpenOptions["range"],
    options?: OpenOptions,
  ): Promise<Content | undefined>;
  /**
   * The file that holds what `look` has just found, as a path below `blobs/` in the cache's directory
   * (`sha256/ab/abcd…`), for a server that sends it by itself; counts as a use. `undefined` where that
   * must not be left to anybody: the bytes are not in a file, or are to be compared with their digest
   * before or while they are read next, or the file is not as long as it should be.
   */
  fileOf(look: Look): Promise<string | undefined>;
  /**
   * A URL by which whoever has it gets what `look` has found from the depot by itself, for ten minutes
   * or more; counts as a use. `undefined` where there is none: the depot does not have it, is a
   * directory, or has not answered a moment ago.
   */
  linkTo(look: Look): Promise<string | undefined>;
  /**
   * Content by way of `source`, which is asked once however many ask for it here. Resolves when the
   * source has answered; throws what it throws, or RangeNotSatisfiable. The body ends in an error,
   * never cleanly, when the bytes are not those of `digest`.
   */
  fill(digest: string, source: Source, options?: FillOptions): Promise<Content>;
  /**
   * Content from byte `from` on that is here or on its way, for those who fill a cache from this
   * one; `undefined` where it is neither. Begins nothing, and adds no way to what is on its way: when
   * that ends, so does the body, in an error. Throws RangeNotSatisfiable.
   */
  follow(digest: string, from: number): Promise<Content | undefined>;
  /** Stores content already at hand. Throws DigestMismatch. Readable at once, durable when it resolves. */
  put(digest: string, bytes: Uint8Array, mediaType: string, repository?: string): Promise<void>;
  /** Records that `repository` (`docker/library/alpine`) holds `digest`. */
  link(repository: string, digest: string): void;
  linked(repository: string, digest: string): boolean;
  /**
   * Records that `repository` does not hold `digest` any more, nor a tag that leads to it. Content
   * of the same size that has a digest by another algorithm may be the same, and is held no more
   * either, as far as is known.
   */
  unlink(repository: string, digest: string): void;
  tag(key: TagKey): TagRow | undefined;
  /** What the tag stands for, for each kind of client that has asked. */
  tags(registry: string, repository: string, tag: string): TagMeaning[];
  setTag(key: TagKey, row: TagRow): void;
  /**
   * What the tag has stood for, newest first; for one kind of client where `accept` says which. It
   * is remembered for a year, also of what has gone.
   */
  tagHistory(name: TagName, accept?: string): TagSighting[];
  /** Whether a tag or digest of the repository was ever seen here, within the last year. */
  isKnown(registry: string, repository: string): boolean;
  /** Since when, in Unix milliseconds, and by which tags the repository's `digest` is known. */
  known(registry: string, repository: string, digest: string): Known;
  /** Notes that the repository's `digest` was asked for by that, if it was never seen before. */
  noteSeen(registry: string, repository: string, digest: string): void;
  /** Forgets the tag, whatever clients accept. */
  deleteTag(registry: string, repository: string, tag: string): void;
  /**
   * Manifests that `repository` (`docker/library/alpine`) holds and that name `digest`: as their
   * content, or as what they are about.
   */
  parents(repository: string, digest: string, as: "content" | "subject"): string[];
  /** Notes at once what the manifest in `bytes`, which `repository` holds, names, stored or not. */
  noteManifest(repository: string, digest: string, bytes: Uint8Array): void;
  /** Stored blobs, a page at a time. */
  list(query?: BlobQuery): BlobListing;
  /** Tags that lead to `digest`, as `docker/library/alpine:3.22`; at most a hundred. */
  tagsTo(digest: string): string[];
  /** Repositories (`docker/library/alpine`) that hold any of `digests`. */
  holders(digests: readonly string[]): string[];
  registries(): RegistryItem[];
  repositories(query?: RepositoryQuery): Listing<RepositoryItem>;
  /**
   * The tags of `repository` (`docker/library/alpine`), with what each stands for; those of signatures
   * of what is here are {@linkcode referrers}.
   */
  listTags(repository: string, page?: Page): Listing<TagItem>;
  /**
   * What is here of the image with the manifest `digest`, and its use in `repository` by any of
   * `references` (tags and digests); `lastUsed` is 0 where it was not used.
   */
  imageHoldings(repository: string, digest: string, references: string[]): Holdings;
  /** What the manifest `digest` names, in its order; nothing where it is none or is not here. */
  references(digest: string): ReferenceItem[];
  /** What of `repository` (`docker/library/alpine`) is about the manifest or index `digest`. */
  referrers(repository: string, digest: string): ReferrerItem[];
  /**
   * All bytes of content of at most `limit` bytes that is here, compared with its digest; `undefined`
   * where it is not here, or larger. Not counted as a use: for whoever only looks.
   */
  peek(digest: string, limit: number): Promise<Uint8Array | undefined>;
  /**
   * Compares everything stored, or just `digests`, with its digest, as fast as it can be read; what
   * is damaged is moved aside. Throws the reason of `signal`.
   */
  verify(
    progress?: (progress: VerifyProgress) => void,
    signal?: AbortSignal,
    digests?: readonly string[],
  ): Promise<VerifyProgress>;
  /** What {@linkcode evict} would take now; changes nothing. */
  plan(selector: Selector, options?: EvictOptions): EvictionPlan;
  /** Removes what `selector` means, but for what is pinned or in use, and says what that was. */
  evict(selector: Selector, options?: EvictOptions): Promise<EvictionPlan>;
  /** Holds the images whose `registry/repository:tag` match the glob `pattern`, or a digest. */
  pin(pattern: string): void;
  /** False where nobody had pinned it, or the configuration has. */
  unpin(pattern: string): boolean;
  pins(): Pin[];
  /** What there is, and what there is room for. */
  usage(): Promise<Usage>;
  /** What the depot holds and how it is doing, where there is one. */
  depot(): DepotUsage | undefined;
  /** Where {@linkcode rows} outlive this disk: beside the depot's objects, where there is one. */
  readonly keptRows: KeptRows | undefined;
  /** Rises whenever a tag moves or content goes. */
  readonly revision: number;
  /** Counts a use of content that the caller still has in hand. */
  touch(digest: string): void;
  /**
   * Notes that a client asked for a manifest of `repository` (`docker/library/alpine`) at `time`
   * (Unix ms), by tag or digest, and whether the cache answered: what a repository's and an image's
   * hits and last use are.
   */
  imageUsed(repository: string, reference: string, time: number, hit: boolean): void;
  /** Fills under way. */
  fills(): RunningFill[];
  /**
   * Milliseconds until the fill of `digest` that is running has come to byte `position`, at its pace so
   * far; Infinity before its first byte, `undefined` where none runs.
   */
  timeTo(digest: string, position: number): number | undefined;
  /** Calls `listener` with each event until the returned function is called. */
  onEvent(listener: CacheListener): () => void;
  /** The rows that others may have in common with this cache. */
  readonly rows: SharedRows;
  /** Changes settings; they hold from now on. */
  configure(settings: Partial<CacheSettings>): void;
  /** Stops fills, leaving them resumable, and writes what is still in memory. */
  close(): Promise<void>;
}
