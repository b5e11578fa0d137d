/** The cache on this disk: which of its parts does what it is asked for. */
import type { Cache, Known, Usage } from "./api.ts";
import type { DepotUsage, KeptRows } from "./depot_options.ts";
import type { SharedRows } from "./change.ts";
import type { Clock } from "../base/clock.ts";
import type { CacheEvent, CacheListener } from "./events.ts";
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
import type { Catalog } from "./catalog/catalog.ts";
import type { DirectoryLock } from "./blobs/lock.ts";
import type { CacheOptions, CacheSettings } from "./options.ts";
import type { EvictionPlan, EvictOptions, Pin, Selector } from "./eviction.ts";
import type { Queries } from "./catalog/queries.ts";
import { referrersOf } from "./catalog/companions.ts";
import { assemble, type Parts, type PartsOptions, shareOf } from "./parts.ts";
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
import { referencesOf } from "./manifest.ts";
import { parentsIn } from "./catalog/relations.ts";
import { shareRows } from "./share.ts";
import { beginRounds } from "./rounds.ts";
import type { BlobStore } from "./blobs/store.ts";

/** What a cache stands on. */
interface Ground {
  lock: DirectoryLock;
  store: BlobStore;
  catalog: Catalog;
}

/** What {@linkcode Cache} says, made of its parts. */
export class DiskCache implements Cache {
  readonly #clock: Clock;
  readonly #lock: DirectoryLock;
  readonly #store: BlobStore;
  readonly #catalog: Catalog;
  readonly #parts: Parts;
  readonly rows: SharedRows;
  readonly #listeners = new Set<CacheListener>();
  readonly #closing = new AbortController();
  readonly #rounds: Promise<unknown>;
  #settings: Required<CacheOptions>;

  constructor(
    settings: Required<CacheOptions>,
    { lock, store, catalog }: Ground,
    keepDepot: PartsOptions["keepDepot"],
  ) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#lock = lock;
    this.#store = store;
    this.#catalog = catalog;
    this.#parts = assemble(store, catalog, {
      settings: () => this.#settings,
      emit: (event) => this.#emit(event),
      keepDepot,
    });
    this.rows = shareRows(catalog, this.#parts.evictor, (error) => {
      this.#emit({
        kind: "trouble",
        what: "evicting what another Berth was asked to evict",
        error,
      });
    });
    this.#rounds = beginRounds({
      parts: this.#parts,
      catalog,
      settings: () => this.#settings,
      emit: (event) => this.#emit(event),
      signal: this.#closing.signal,
    });
  }

  /** This cache, once its depot has begun. Throws DepotError, and is closed then. */
  async begun(): Promise<this> {
    try {
      await this.#parts.depot?.start();
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  stat(digest: string): BlobStat | undefined {
    return this.#parts.lookup.stat(digest);
  }

  holds(digest: string): boolean {
    const { lookup, depot } = this.#parts;
    return lookup.stat(digest) !== undefined || depot?.holds(digest) !== undefined;
  }

  look(digest: string, repository: string): Look {
    return this.#parts.lookup.look(digest, repository);
  }

  async holding<T>(digest: string, task: () => Promise<T>): Promise<T> {
    const release = this.#parts.reader.hold(digest);
    try {
      return await task();
    } finally {
      release();
    }
  }

  async open(
    wanted: Look | string,
    range?: OpenOptions["range"],
    options: OpenOptions = {},
  ): Promise<Content | undefined> {
    const { reader, fills } = this.#parts;
    const given = range ? { ...options, range } : options;
    const digest = typeof wanted === "string" ? wanted : wanted.digest;
    return await reader.open(wanted, given) ?? fills.arrived(digest)?.open(given);
  }

  fileOf(look: Look): Promise<string | undefined> {
    return this.#parts.reader.fileOf(look);
  }

  async linkTo({ digest, stat, stored }: Look): Promise<string | undefined> {
    const link = await this.#parts.depot?.link(digest);
    if (link && stat && stored) this.#catalog.touch(stat, this.#clock.now());
    return link;
  }

  async fill(digest: string, source: Source, options: FillOptions = {}): Promise<Content> {
    this.#closing.signal.throwIfAborted();
    return await this.#parts.fills.fill(digest, source, options);
  }

  async follow(digest: string, from: number): Promise<Content | undefined> {
    this.#closing.signal.throwIfAborted();
    const { fills, reader } = this.#parts;
    const stored = await reader.open(digest, from > 0 ? { range: { start: from } } : {});
    return stored ?? await fills.follow(digest, from);
  }

  put(
    digest: string,
    bytes: Uint8Array,
    mediaType: string,
    repository?: string,
  ): Promise<void> {
    return this.#parts.committer.put(digest, bytes, mediaType, repository);
  }

  link(repository: string, digest: string): void {
    this.#catalog.names.link(repository, digest, this.#clock.now());
  }

  linked(repository: string, digest: string): boolean {
    return this.#catalog.names.linked(repository, digest);
  }

  unlink(repository: string, digest: string): void {
    const size = this.#parts.fills.unlink(repository, digest);
    this.#catalog.names.unlink(repository, digest, size);
  }

  tag(key: TagKey): TagRow | undefined {
    return this.#catalog.names.tag(key);
  }

  tags(registry: string, repository: string, tag: string): TagMeaning[] {
    return this.#catalog.names.tags(registry, repository, tag);
  }

  setTag(key: TagKey, row: TagRow): void {
    const from = this.#catalog.names.tag(key)?.digest;
    this.#catalog.names.setTag(key, row);
    const to = row.digest;
    if (from !== undefined && from !== to) this.#emit({ kind: "tag-moved", key, from, to });
  }

  tagHistory(name: TagName, accept?: string): TagSighting[] {
    return this.#catalog.history.of(name, accept);
  }

  isKnown(registry: string, repository: string): boolean {
    return this.#catalog.history.has(registry, repository);
  }

  known(registry: string, repository: string, digest: string): Known {
    const { history, names } = this.#catalog;
    const seen = history.firstSeen(registry, repository, digest) ?? Infinity;
    const linked = names.linked(`${registry}/${repository}`, digest);
    const stored = linked ? this.#catalog.blob(digest)?.created ?? Infinity : Infinity;
    const since = Math.min(seen, stored);
    const tags = history.tagsOf(registry, repository, digest);
    return { since: since === Infinity ? undefined : since, tags };
  }

  noteSeen(registry: string, repository: string, digest: string): void {
    if (this.known(registry, repository, digest).since !== undefined) return;
    const row = { digest, mediaType: "", size: 0, checkedAt: this.#clock.now() };
    const key = { registry, repository, tag: "", accept: "" };
    this.#catalog.history.saw(key, row);
    this.#catalog.tell({ kind: "seen", rows: [[key, row, row.checkedAt]] });
  }

  deleteTag(registry: string, repository: string, tag: string): void {
    this.#catalog.names.deleteTag(registry, repository, tag);
  }

  parents(repository: string, digest: string, as: "content" | "subject"): string[] {
    return parentsIn(this.#catalog, repository, digest, as === "subject");
  }

  noteManifest(repository: string, digest: string, bytes: Uint8Array): void {
    this.link(repository, digest);
    this.#catalog.noteReferences(digest, referencesOf(bytes));
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

  imageHoldings(repository: string, digest: string, references: string[]): Holdings {
    return this.#ask().image(repository, digest, references, 0);
  }

  references(digest: string): ReferenceItem[] {
    return this.#ask().references(digest);
  }

  referrers(repository: string, digest: string): ReferrerItem[] {
    return referrersOf(this.#catalog, repository, digest);
  }

  peek(digest: string, limit: number): Promise<Uint8Array | undefined> {
    return this.#parts.reader.peek(digest, limit);
  }

  verify(
    progress: (progress: VerifyProgress) => void = () => {},
    signal?: AbortSignal,
    digests?: readonly string[],
  ): Promise<VerifyProgress> {
    return this.#parts.scrub.all(progress, signal, digests);
  }

  plan(selector: Selector, options?: EvictOptions): EvictionPlan {
    return this.#parts.evictor.plan(selector, options);
  }

  evict(selector: Selector, options?: EvictOptions): Promise<EvictionPlan> {
    return this.#parts.evictor.evict(selector, options);
  }

  pin(pattern: string): void {
    this.#catalog.names.pin(pattern, this.#clock.now());
  }

  unpin(pattern: string): boolean {
    return this.#catalog.names.unpin(pattern);
  }

  pins(): Pin[] {
    return this.#parts.pinned.patterns();
  }

  async usage(): Promise<Usage> {
    const { free, total } = await this.#store.space();
    const { maxSize, minFree } = this.#settings;
    return {
      ...this.#catalog.totals,
      pinnedBytes: this.#parts.pinned.bytes(),
      maxSize,
      minFree,
      diskFree: free,
      diskTotal: total,
      memory: this.#parts.memory.size + this.#parts.blocks.size,
    };
  }

  depot(): DepotUsage | undefined {
    return this.#parts.depot?.usage();
  }

  get keptRows(): KeptRows | undefined {
    return this.#parts.depot?.rows;
  }

  get revision(): number {
    return this.#catalog.names.revision;
  }

  touch(digest: string): void {
    const row = this.#catalog.blob(digest);
    if (row) this.#catalog.touch(row, this.#clock.now());
  }

  imageUsed(repository: string, reference: string, time: number, hit: boolean): void {
    this.#catalog.images.add(repository, reference, time, hit);
  }

  timeTo(digest: string, position: number): number | undefined {
    return this.#parts.fills.timeTo(digest, position);
  }

  fills(): RunningFill[] {
    return this.#parts.fills.running().map((fill) => ({
      ...fill,
      mediaType: this.#parts.queries.mediaTypeOf(fill.digest),
    }));
  }

  onEvent(listener: CacheListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  configure(settings: Partial<CacheSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    if (settings.memory !== undefined) {
      const { memory, blocks } = this.#parts;
      memory.resize(shareOf(settings.memory));
      blocks.resize(shareOf(settings.memory));
    }
    if (settings.pin) this.#parts.pinned.configure(settings.pin);
    this.#parts.enforce();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("the cache is closed"));
    await this.#parts.fills.stop("the cache is closing");
    await this.#parts.reader.stop("the cache is closing");
    await this.#parts.depot?.stop();
    await this.#rounds;
    await this.#parts.evictor.stop();
    this.#catalog.close(this.#clock.now());
    this.#lock.release();
  }

  /** The index answers from the disk, so what is known only to memory goes there first. */
  #ask(): Queries {
    this.#catalog.flush(this.#clock.now());
    return this.#parts.queries;
  }

  #emit(event: CacheEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
