/** Content that is here: from memory, from its file, or from its file while that is being verified. */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../base/clock.ts";
import { ContentDamaged } from "../errors.ts";
import type { CacheListener } from "../events.ts";
import { follow } from "../fill/follower.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BlobRow } from "../catalog/rows.ts";
import { type Memory, MEMORY_ENTRY_LIMIT } from "../blobs/memory.ts";
import { resolveRange, type Span } from "../range.ts";
import type { BlobFile, BlobStore } from "../blobs/store.ts";
import type { Content, FillOptions, Look, OpenOptions, Source } from "../types.ts";
import { Blocks } from "../blobs/blocks.ts";
import { Passage } from "./passage.ts";
import { PromptReads } from "./prompt_reads.ts";
import { Check, resumeAfterDamage, verifyFile } from "./verify.ts";

/** Milliseconds after which what was read may not be in the system's memory any more. */
const WARM = 10 * 60e3;

interface ReaderOptions {
  clock: Clock;
  catalog: Catalog;
  store: BlobStore;
  memory: Memory;
  emit: CacheListener;
  /** Milliseconds after which stored bytes are compared with their digest again. */
  verifyEvery: () => number;
  /** What of large files is in memory for those who read them. */
  blocks: Blocks;
  fill: (digest: string, source: Source, options: FillOptions) => Promise<Content>;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #startedAt: number;
  readonly #stop = new AbortController();
  readonly #checks = new Map<string, Check>();
  /** Verifications that run or are still being read from. */
  readonly #live = new Set<Check>();
  readonly #reading = new Map<string, number>();
  /** When a file was last read, by digest. */
  readonly #lately = new LRUCache<string, number>({ max: 4096 });
  readonly #prompt = new PromptReads();

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** `undefined` where the content is not here, or turned out not to be what it should. */
  async open(wanted: Look | string, options: OpenOptions): Promise<Content | undefined> {
    const { catalog, memory, clock } = this.#options;
    const digest = typeof wanted === "string" ? wanted : wanted.digest;
    const row = typeof wanted === "string" ? catalog.blob(wanted) : wanted.stored && wanted.stat;
    const held = memory.get(digest);
    if (held) {
      if (row) catalog.touch(row, clock.now());
      return fromMemory(digest, held.bytes, held.mediaType, options);
    }
    if (!row) return undefined;
    const file = await this.#file(row, options);
    if (!file) {
      // It may have come in anew while its former file was being opened.
      const now = catalog.blob(digest);
      return now && now.created !== row.created ? await this.open(digest, options) : undefined;
    }
    if (row.size <= MEMORY_ENTRY_LIMIT) return await this.#load(row, file, options);
    return this.#stream(row, file, options);
  }

  /** See `Cache.peek`. */
  async peek(digest: string, limit: number): Promise<Uint8Array | undefined> {
    const { catalog, memory } = this.#options;
    const held = memory.get(digest)?.bytes;
    if (held) return held.length <= limit ? held : undefined;
    const row = catalog.blob(digest);
    if (!row || row.size > limit) return undefined;
    const file = await this.#file(row, {});
    return file && await this.#whole(row, file, {});
  }

  /** See `Cache.fileOf`. */
  async fileOf({ digest, stat, stored }: Look): Promise<string | undefined> {
    const { catalog, clock, store } = this.#options;
    if (!stat || !stored || this.#unchecked(stat)) return undefined;
    const path = store.fileOf(digest);
    const file = path === undefined ? undefined : await store.stat(digest);
    if (file?.size !== stat.size) return undefined;
    catalog.touch(stat, clock.now());
    return path;
  }

  /** Whether somebody is known to be reading `digest`. */
  reads(digest: string): boolean {
    return this.#reading.has(digest) ||
      this.#live.values().some((check) => check.digest === digest);
  }

  /** Counts as a reader of `digest` until the returned function is called. */
  hold(digest: string): () => void {
    return this.#enter(digest);
  }

  /** Ends running verifications; their readers get `reason` as an error. */
  async stop(reason: string): Promise<void> {
    this.#stop.abort(new Error(reason));
    await Promise.all(this.#checks.values().map((check) => check.done));
  }

  /** Takes content that is not what it should be out of the way and out of the index. */
  damaged(digest: string, error: unknown, repository = ""): () => Promise<BlobFile> {
    const { catalog, store, memory, blocks, emit } = this.#options;
    blocks.delete(digest);
    const open = store.setAside(digest);
    catalog.removeBlob(digest);
    memory.delete(digest);
    emit({ kind: "damaged", digest, repository, error });
    return open;
  }

  /** Whether the bytes were not compared with the digest since the start, or not for too long. */
  due(row: BlobRow): boolean {
    const { clock, verifyEvery } = this.#options;
    return row.verified < this.#startedAt || clock.now() - row.verified > verifyEvery();
  }

  /** The blob's file, if it is there and has the right size. */
  async #file(row: BlobRow, { repository }: OpenOptions): Promise<BlobFile | undefined> {
    const { store, catalog } = this.#options;
    const file = await store.open(row.digest);
    if (file?.size === row.size) return file;
    file?.close();
    if (catalog.blob(row.digest)?.created !== row.created) return undefined;
    const reason = file ? `${file.size} bytes instead of ${row.size}` : "the file is gone";
    this.damaged(row.digest, new ContentDamaged(row.digest, reason), repository);
  }

  /** Small content goes to memory whole, verified on the way. */
  async #load(row: BlobRow, file: BlobFile, options: OpenOptions): Promise<Content | undefined> {
    const { catalog, memory, clock } = this.#options;
    const bytes = await this.#whole(row, file, options);
    if (!bytes) return undefined;
    catalog.touch(row, clock.now());
    memory.set(row.digest, bytes, row.mediaType);
    return fromMemory(row.digest, bytes, row.mediaType, options);
  }

  /** All of `file`, which is closed; `undefined` where that is not what it should be. */
  async #whole(
    row: BlobRow,
    file: BlobFile,
    { repository }: OpenOptions,
  ): Promise<Uint8Array | undefined> {
    const { catalog, clock } = this.#options;
    const bytes = new Uint8Array(row.size);
    let length = 0;
    try {
      await verifyFile(row.digest, file, (piece) => {
        bytes.set(piece, length);
        length += piece.length;
      });
    } catch (error) {
      if (!(error instanceof ContentDamaged)) throw error;
      this.damaged(row.digest, error, repository);
      return undefined;
    } finally {
      file.close();
    }
    catalog.verified(row, clock.now());
    return bytes;
  }

  #stream(row: BlobRow, file: BlobFile, options: OpenOptions): Content {
    const { catalog, clock } = this.#options;
    const { digest, mediaType, size } = row;
    try {
      const span = resolveRange(options.range, size);
      catalog.touch(row, clock.now());
      const place = { offset: span.start, length: span.end - span.start };
      return {
        digest,
        mediaType,
        size,
        ...place,
        ...this.#body(row, file, span, options),
        how: "hit",
      };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #body(
    row: BlobRow,
    file: BlobFile,
    span: Span,
    options: OpenOptions,
  ): Pick<Content, "body" | "used"> {
    if (this.#unchecked(row)) return this.#checked(row, file, span, options);
    const passage = this.#passage(row, file, span);
    return { body: passage.stream(), used: (bytes) => passage.used(bytes) };
  }

  /** Whether the bytes are being compared with the digest, or are to be. */
  #unchecked(row: BlobRow): boolean {
    return this.#checks.has(row.digest) || this.due(row);
  }

  /** Joins the running verification of the file, or begins one. */
  #checked(
    row: BlobRow,
    file: BlobFile,
    span: Span,
    options: OpenOptions,
  ): Pick<Content, "body" | "used"> {
    const running = this.#checks.get(row.digest);
    if (running) file.close();
    const check = running ?? this.#check(row, file, options.repository);
    const recover = (from: number, error: unknown) =>
      this.#resumeFromSource(check, span, from, error, options);
    return follow(check.shared, { ...span, failed: options.source && recover });
  }

  #check(row: BlobRow, file: BlobFile, repository: string | undefined): Check {
    const { catalog, clock, store, blocks } = this.#options;
    const { digest } = row;
    const check: Check = new Check(digest, file, store, blocks, {
      sound: () => catalog.verified(row, clock.now()),
      damaged: (error) => this.damaged(digest, error, repository),
      ended: () => this.#checks.delete(digest),
      released: () => this.#live.delete(check),
      signal: this.#stop.signal,
    });
    this.#checks.set(digest, check);
    this.#live.add(check);
    return check;
  }

  /** A reader of damaged content continues from the source, provided that what it was given was right. */
  async #resumeFromSource(
    check: Check,
    { start, end }: Span,
    from: number,
    error: unknown,
    { source, repository }: OpenOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const range = { start, end: end - 1 };
    const content = await this.#options.fill(check.digest, source!, { range, repository });
    const damaged = await check.aside!();
    try {
      const body = content.body as ReadableStream<Uint8Array>;
      return await resumeAfterDamage(body, damaged, { start, from, error });
    } finally {
      damaged.close();
    }
  }

  /** A part of a file whose bytes are known to be right. */
  #passage({ digest, verified }: BlobRow, file: BlobFile, span: Span): Passage {
    const { blocks, clock } = this.#options;
    const last = Math.max(verified, this.#lately.get(digest) ?? 0);
    const warm = clock.now() - last < WARM;
    const leave = this.#enter(digest);
    const left = () => {
      this.#lately.set(digest, clock.now());
      leave();
    };
    return new Passage({ digest, file, span, blocks, prompt: this.#prompt, warm, left });
  }

  /** Counts a reader of `digest`, until what it returns is called. */
  #enter(digest: string): () => void {
    this.#reading.set(digest, (this.#reading.get(digest) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const readers = this.#reading.get(digest)! - 1;
      if (readers === 0) this.#reading.delete(digest);
      else this.#reading.set(digest, readers);
    };
  }
}

function fromMemory(
  digest: string,
  bytes: Uint8Array,
  mediaType: string,
  { range }: OpenOptions,
): Content {
  const { start, end } = resolveRange(range, bytes.length);
  const body = range ? bytes.subarray(start, end) : bytes;
  const size = bytes.length;
  return { digest, mediaType, size, offset: start, length: end - start, body, how: "hit" };
}
