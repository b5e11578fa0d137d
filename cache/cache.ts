/**
 * The cache: content by digest, fetched once, checked before it is believed, kept as long as there
 * is room. This is its one door; it knows nothing of registries or HTTP.
 */
import type { Cache, Usage } from "./api.ts";
import { type Clock, every } from "../base/clock.ts";
import type { CacheEvent, CacheListener } from "./events.ts";
import { Evictor } from "./upkeep/evict.ts";
import type { FillDeps } from "./fill/fill.ts";
import { Fills } from "./fill/fills.ts";
import type {
  BlobInfo,
  BlobStat,
  Content,
  FillOptions,
  Look,
  OpenOptions,
  RunningFill,
  Source,
  TagKey,
  TagRow,
  VerifyProgress,
} from "./types.ts";
import { Hits } from "./read/read.ts";
import type { Index } from "./catalog/catalog.ts";
import { Intake } from "./fill/commit.ts";
import { type DirectoryLock, lockDirectory } from "./blobs/lock.ts";
import { Memory } from "./read/memory.ts";
import { type CacheOptions, type CacheSettings, withDefaults } from "./options.ts";
import { Pinned } from "./upkeep/pins.ts";
import type { EvictionPlan, EvictOptions, Pin, Selector } from "./eviction.ts";
import type { DetailedPlan } from "./upkeep/plan.ts";
import { Queries } from "./catalog/queries.ts";
import type {
  BlobListing,
  BlobQuery,
  Listing,
  Page,
  ReferenceItem,
  RegistryItem,
  RepositoryItem,
  RepositoryQuery,
  TagItem,
} from "./listing.ts";
import { openIndex } from "./catalog/rebuild.ts";
import { Scrub } from "./upkeep/scrub.ts";
import type { BlobStore } from "./blobs/store.ts";

/**
 * Opens the cache in `options.dir`. Throws CacheLocked where another process has it, CacheTooNew
 * where a newer version has been there.
 */
export async function openCache(options: CacheOptions): Promise<Cache> {
  const settings = withDefaults(options);
  await Deno.mkdir(settings.dir, { recursive: true, mode: 0o750 });
  const lock = await lockDirectory(settings.dir);
  try {
    const store = await settings.openStore(settings.dir, settings.clock.now());
    const index = await openIndex(settings.dir, store, settings.clock, settings.onRebuild);
    return new DiskCache(settings, { lock, store, index });
  } catch (error) {
    lock.release();
    throw error;
  }
}

const FLUSH_EVERY = 1000;
const UPKEEP_EVERY = 60e3;
const FORGET_EVERY = 24 * 3600e3;
const SHARED_WINDOW = 64 * 2 ** 20;
const WINDOW = { least: 2 * 2 ** 20, most: 8 * 2 ** 20 };

interface Parts {
  lock: DirectoryLock;
  store: BlobStore;
  index: Index;
}

class DiskCache implements Cache {
  readonly #clock: Clock;
  readonly #lock: DirectoryLock;
  readonly #store: BlobStore;
  readonly #index: Index;
  readonly #memory: Memory;
  readonly #pinned: Pinned;
  readonly #intake: Intake;
  readonly #fills: Fills;
  readonly #hits: Hits;
  readonly #evictor: Evictor;
  readonly #scrub: Scrub;
  readonly #queries: Queries;
  readonly #listeners = new Set<CacheListener>();
  readonly #closing = new AbortController();
  readonly #upkeep: Promise<void>[];
  #settings: Required<CacheOptions>;

  constructor(settings: Required<CacheOptions>, { lock, store, index }: Parts) {
    const { clock } = settings;
    const emit = (event: CacheEvent) => this.#emit(event);
    this.#settings = settings;
    this.#clock = clock;
    this.#lock = lock;
    this.#store = store;
    this.#index = index;
    this.#memory = new Memory(settings.memory);
    this.#pinned = new Pinned(index, settings.pin);
    this.#intake = new Intake({
      clock,
      index,
      store,
      memory: this.#memory,
      emit,
      grown: () => this.#enforce(),
    });
    this.#fills = new Fills({
      clock,
      emit,
      deps: () => this.#fillDeps(),
      stored: (digest, content, about) => this.#intake.stored(digest, content, about),
    });
    this.#hits = new Hits({
      clock,
      index,
      store,
      memory: this.#memory,
      emit,
      verifyEvery: () => this.#settings.verifyEvery,
      window: WINDOW.least,
      fill: (digest, source, options) => this.fill(digest, source, options),
    });
    this.#evictor = new Evictor({
      clock,
      index,
      store,
      emit,
      limits: () => this.#settings,
      pinned: () => this.#pinned.digests(),
      busy: (digest) => this.#fills.has(digest) || this.#hits.reads(digest),
      pendingBytes: () => this.#fills.pendingBytes,
      forget: (digest) => this.#memory.delete(digest),
    });
    this.#scrub = new Scrub({
      clock,
      index,
      store,
      damaged: (digest, error) => this.#hits.damaged(digest, error),
      rate: () => this.#settings.scrubRate,
      verifyEvery: () => this.#settings.verifyEvery,
    });
    this.#queries = new Queries(index, () => this.#pinned.digests(), () => clock.now());
    this.#upkeep = [
      this.#every(FLUSH_EVERY, "writing last use", () => index.flush(clock.now())),
      this.#every(UPKEEP_EVERY, "making room", () => this.#evictor.enforce()),
      this.#every(FORGET_EVERY, "forgetting what is long gone", () => this.#forget()),
      this.#scrub.run(this.#closing.signal, (error) => this.#trouble("verifying content", error)),
    ];
  }

  stat(digest: string): BlobStat | undefined {
    const row = this.#index.blob(digest);
    if (row) {
      const pinned = this.#pinned;
      return {
        ...row,
        /** Worked out only for those who ask: it may take going through all tags. */
        get pinned() {
          return pinned.digests().has(digest);
        },
      };
    }
    const held = this.#inMemory(digest);
    return held && { ...held, pinned: false };
  }

  look(digest: string, repository: string): Look {
    const row = this.#index.blob(digest);
    return {
      digest,
      stat: row ?? this.#inMemory(digest),
      stored: row !== undefined,
      linked: this.#index.linked(repository, digest),
      filling: this.#fills.repositories(digest),
    };
  }

  /** What memory alone holds, because the disk did not take it. */
  #inMemory(digest: string): BlobInfo | undefined {
    const held = this.#memory.get(digest);
    if (!held) return undefined;
    const now = this.#clock.now();
    const { mediaType, bytes } = held;
    const times = { lastUsed: now, created: now, verified: 0 };
    return { digest, size: bytes.length, mediaType, hits: 0, ...times };
  }

  open(
    wanted: Look | string,
    range?: OpenOptions["range"],
    options: OpenOptions = {},
  ): Promise<Content | undefined> {
    return this.#hits.open(wanted, range ? { ...options, range } : options);
  }

  async fill(digest: string, source: Source, options: FillOptions = {}): Promise<Content> {
    this.#closing.signal.throwIfAborted();
    return await this.#fills.fill(digest, source, options);
  }

  put(
    digest: string,
    bytes: Uint8Array,
    mediaType: string,
    repository?: string,
  ): Promise<void> {
    return this.#intake.put(digest, bytes, mediaType, repository);
  }

  link(repository: string, digest: string): void {
    this.#index.link(repository, digest, this.#clock.now());
  }

  linked(repository: string, digest: string): boolean {
    return this.#index.linked(repository, digest);
  }

  unlink(repository: string, digest: string): void {
    this.#index.unlink(repository, digest);
  }

  tag(key: TagKey): TagRow | undefined {
    return this.#index.tag(key);
  }

  tags(registry: string, repository: string, tag: string): TagRow[] {
    return this.#index.tags(registry, repository, tag);
  }

  setTag(key: TagKey, row: TagRow): void {
    this.#index.setTag(key, row);
  }

  deleteTag(registry: string, repository: string, tag: string): void {
    this.#index.deleteTag(registry, repository, tag);
  }

  list(query: BlobQuery = {}): BlobListing {
    return this.#ask().blobs(query);
  }

  tagsTo(digest: string): string[] {
    return this.#ask().tagsTo(digest, 100);
  }

  holders(digests: readonly string[]): string[] {
    return this.#ask().holders(digests);
  }

  registries(): RegistryItem[] {
    return this.#ask().registries();
  }

  repositories(query: RepositoryQuery = {}): Listing<RepositoryItem> {
    return this.#ask().repositories(query);
  }

  listTags(repository: string, page: Page = {}): Listing<TagItem> {
    return this.#ask().tags(repository, page);
  }

  references(digest: string): ReferenceItem[] {
    return this.#ask().references(digest);
  }

  verify(
    progress: (progress: VerifyProgress) => void = () => {},
    signal?: AbortSignal,
    digests?: readonly string[],
  ): Promise<VerifyProgress> {
    return this.#scrub.all(progress, signal, digests);
  }

  plan(selector: Selector, options?: EvictOptions): EvictionPlan {
    return summary(this.#evictor.plan(selector, options));
  }

  async evict(selector: Selector, options?: EvictOptions): Promise<EvictionPlan> {
    return summary(await this.#evictor.evict(selector, options));
  }

  pin(pattern: string): void {
    this.#index.pin(pattern, this.#clock.now());
  }

  unpin(pattern: string): boolean {
    return this.#index.unpin(pattern);
  }

  pins(): Pin[] {
    return this.#pinned.patterns();
  }

  async usage(): Promise<Usage> {
    const { blobs, bytes } = this.#index.totals;
    const { free, total } = await this.#store.space();
    const { maxSize, minFree } = this.#settings;
    const memory = this.#memory.size;
    const pinnedBytes = this.#pinned.bytes();
    return {
      blobs,
      bytes,
      pinnedBytes,
      maxSize,
      minFree,
      diskFree: free,
      diskTotal: total,
      memory,
    };
  }

  get revision(): number {
    return this.#index.revision;
  }

  touch(digest: string): void {
    const row = this.#index.blob(digest);
    if (row) this.#index.touch(row, this.#clock.now());
  }

  fills(): RunningFill[] {
    return this.#fills.running().map((fill) => ({
      ...fill,
      mediaType: this.#queries.mediaTypeOf(fill.digest),
    }));
  }

  onEvent(listener: CacheListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  configure(settings: Partial<CacheSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    if (settings.memory !== undefined) this.#memory.resize(settings.memory);
    if (settings.pin) this.#pinned.configure(settings.pin);
    this.#enforce();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("the cache is closed"));
    await this.#fills.stop("the cache is closing");
    await this.#hits.stop("the cache is closing");
    await Promise.all(this.#upkeep);
    await this.#evictor.stop();
    this.#index.close(this.#clock.now());
    this.#lock.release();
  }

  /** The index answers from the disk, so what is known only to memory goes there first. */
  #ask(): Queries {
    this.#index.flush(this.#clock.now());
    return this.#queries;
  }

  /** Who holds what has been gone for as long as content may go unused is of no interest any more. */
  #forget(): void {
    const { maxAge } = this.#settings;
    if (maxAge > 0) this.#index.forgetMembers(this.#clock.now() - maxAge);
  }

  /** Makes room behind the scenes. */
  #enforce(): void {
    this.#evictor.enforce().catch((error) => this.#trouble("making room", error));
  }

  #fillDeps(): FillDeps {
    const share = SHARED_WINDOW / (this.#fills.running().length + 1);
    return {
      ...this.#settings,
      store: this.#store,
      window: Math.max(WINDOW.least, Math.min(WINDOW.most, share)),
      makeRoom: (bytes) => this.#evictor.makeRoom(bytes),
    };
  }

  #every(ms: number, what: string, task: () => void | Promise<void>): Promise<void> {
    const failed = (error: unknown) => this.#trouble(what, error);
    return every(this.#clock, ms, this.#closing.signal, task, failed);
  }

  #trouble(what: string, error: unknown): void {
    this.#emit({ kind: "trouble", what, error });
  }

  #emit(event: CacheEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function summary({ tagNames: _, repositories: __, ...plan }: DetailedPlan): EvictionPlan {
  return plan;
}
