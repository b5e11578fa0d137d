/**
 * A fill: content is fetched once, hashed and written while any number of readers follow. It lives
 * on when they go away, resumes when the source breaks off, and stores nothing but what its digest
 * promises. Without a disk to write to, the readers continue by themselves and nothing is stored.
 */
import { type Hasher, hasherFor } from "../hash.ts";
import { DigestMismatch, FillStopped, LargerThanCache, SourceBroken } from "../errors.ts";
import { type Continuation, HELD_BACK, SharedBody } from "./shared_body.ts";
import { follow } from "./follower.ts";
import { resolveRange } from "../range.ts";
import { ResumingSource } from "./resume.ts";
import type { BlobWriter } from "../blobs/store.ts";
import type { FillDeps, FillHooks } from "./terms.ts";
import { verifiedRest } from "./verified_rest.ts";
import type { Content, FillOptions, OpenOptions, Source } from "../types.ts";
import { WriteQueue } from "./write_queue.ts";

interface Head {
  shared: SharedBody;
  mediaType: string;
}

const REHASH_SIZE = 2 ** 20;

export class Fill {
  readonly digest: string;
  /** Repositories on whose behalf it is fetched. */
  readonly repositories = new Set<string>();
  /** Resolves when nothing more comes, however it ended; readers may still be busy. */
  readonly done: Promise<void>;
  readonly #deps: FillDeps;
  readonly #hooks: FillHooks;
  readonly #stop = new AbortController();
  readonly #head = Promise.withResolvers<Head>();
  readonly #hasher: Hasher;
  #source: ResumingSource | undefined;
  #shared: SharedBody | undefined;
  #mediaType: string | undefined;
  #writer: BlobWriter | undefined;
  #queue: WriteQueue | undefined;
  #detached = false;
  #committed = false;
  #failed = false;
  #settled = false;
  #released = false;
  #waiting = 0;
  #brief = true;
  #orphaned = new AbortController();

  /** @param mediaType What the content is, whatever the source says. */
  constructor(
    digest: string,
    source: Source,
    deps: FillDeps,
    hooks: FillHooks,
    mediaType?: string,
  ) {
    this.#mediaType = mediaType;
    this.digest = digest;
    this.#deps = deps;
    this.#hooks = hooks;
    this.#hasher = hasherFor(digest);
    this.#source = this.#resumingSource(source);
    this.#head.promise.catch(() => {});
    this.done = this.#run();
  }

  get received(): number {
    return this.#shared?.received ?? 0;
  }

  /** Bytes of the whole content, once the source has said. */
  get total(): number | undefined {
    return this.#shared?.total;
  }

  /** Those who read, and those who wait for the source to answer. */
  get readers(): number {
    return this.#waiting + (this.#shared?.readers ?? 0);
  }

  /** True once the source has answered. */
  get started(): boolean {
    return this.#shared !== undefined;
  }

  /** True once it has failed; what it leaves behind may not be cleared away before `done`. */
  get failed(): boolean {
    return this.#failed;
  }

  /** True once nothing is stored: a new request does better to begin anew. */
  get detached(): boolean {
    return this.#detached;
  }

  /**
   * Follows the fill, as soon as the source has answered. Throws what the source threw, or
   * RangeNotSatisfiable. Of content whose size the source does not state there are no ranges.
   */
  async read(source: Source, options: FillOptions, how: "fill" | "joined"): Promise<Content> {
    if (how === "joined") this.#source?.add(source);
    if (options.repository) this.repositories.add(options.repository);
    if (!options.brief) this.#brief = false;
    const { shared, mediaType } = await this.#wait();
    const size = shared.total;
    // Of little content nothing is handed out before its check: what is wrong can still be an error.
    if (size !== undefined && size <= HELD_BACK) await this.#checked(shared);
    const span = size === undefined ? undefined : resolveRange(options.range, size);
    const content = this.#content(shared, span ?? { start: 0, end: undefined }, {
      detached: (from) => this.#resumeAlone(source, from, span?.end),
    });
    return { ...content, mediaType: options.mediaType ?? mediaType, how };
  }

  /** What has arrived whole and right; `undefined` until then. */
  get arrived(): { size: number; mediaType: string } | undefined {
    const state = this.#shared?.state;
    if (state?.kind !== "verified") return undefined;
    return { size: state.size, mediaType: this.#mediaType ?? "" };
  }

  /** Content that has {@linkcode arrived}, as if it were stored. Throws RangeNotSatisfiable. */
  open({ range }: OpenOptions): Content {
    const { size, mediaType } = this.arrived!;
    const { start, end } = resolveRange(range, size);
    const followed = follow(this.#shared!, { start, end });
    const place = { size, offset: start, length: end - start };
    return { digest: this.digest, mediaType, ...place, ...followed, how: "hit" };
  }

  /**
   * As {@linkcode read}, of everything from byte `from` on, for a reader who has no source: its body
   * ends in {@linkcode FillStopped} where the others have to continue by themselves.
   */
  async follow(from: number): Promise<Content> {
    const { shared, mediaType } = await this.#wait();
    const { total } = shared;
    const end = from > 0 && total !== undefined ? resolveRange({ start: from }, total).end : total;
    const stopped = new FillStopped(this.digest, "its content cannot be stored");
    const content = this.#content(shared, { start: from, end }, {
      detached: () => Promise.reject(stopped),
    });
    return { ...content, mediaType, how: "joined" };
  }

  #content(
    shared: SharedBody,
    { start, end }: { start: number; end: number | undefined },
    { detached }: { detached: Continuation },
  ): Omit<Content, "mediaType" | "how"> {
    this.#orphaned.abort();
    return {
      digest: this.digest,
      size: shared.total,
      offset: start,
      length: end === undefined ? undefined : end - start,
      ...follow(shared, { start, end, detached, early: true }),
    };
  }

  /** Resolves when `shared` has been verified, or will not be by this fill; throws where it failed. */
  async #checked(shared: SharedBody): Promise<void> {
    this.#waiting++;
    try {
      while (shared.state.kind === "running") await shared.changed();
    } finally {
      this.#waiting--;
    }
    if (shared.state.kind === "failed") throw shared.state.error;
  }

  async #wait(): Promise<Head> {
    this.#waiting++;
    try {
      return await this.#head.promise;
    } finally {
      this.#waiting--;
    }
  }

  /** Ends it, leaving what is here for a later fill to resume. */
  async stop(reason: string): Promise<void> {
    this.#stop.abort(new FillStopped(this.digest, reason));
    await this.done;
  }

  async #run(): Promise<void> {
    try {
      await this.#begin();
      if (await this.#pump()) await this.#complete();
      else this.#shared!.detach();
    } catch (error) {
      await this.#fail(error);
    }
    this.#orphaned.abort();
    this.#settled = true;
    await this.#release();
  }

  /** Asks the source, and lets readers in as soon as it has answered. */
  async #begin(): Promise<void> {
    this.#writer = await this.#createWriter();
    const { total, mediaType } = await this.#start(this.#writer?.size ?? 0);
    if (total === 0) this.#verifyEmpty();
    const shared = new SharedBody({
      total,
      open: () => this.#writer!.open(),
      blocks: this.#deps.blocks,
      onIdle: () => void this.#idle(),
    });
    if (this.#writer?.size) await shared.startAt(this.#writer.size);
    this.#shared = shared;
    const { maxSize } = this.#deps;
    if (total !== undefined && total > maxSize) {
      this.#giveUpStoring(new LargerThanCache(total, maxSize));
    }
    this.#hooks.started();
    this.#mediaType ??= mediaType ?? "";
    this.#head.resolve({ shared, mediaType: mediaType ?? "" });
    if (this.#writer) await this.#prepare(this.#writer, shared);
  }

  /** Of nothing, nothing can be held back: readers are let in only when nothing is right. */
  #verifyEmpty(): void {
    const actual = this.#hasher.copy().finish();
    if (actual !== this.digest) throw new DigestMismatch(this.digest, actual);
  }

  async #createWriter(): Promise<BlobWriter | undefined> {
    try {
      return await this.#deps.store.create(this.digest, { resume: true });
    } catch {
      await this.#deps.makeRoom(0);
    }
    try {
      return await this.#deps.store.create(this.digest, { resume: true });
    } catch (error) {
      this.#giveUpStoring(error);
    }
  }

  /** A source that cannot resume a kept partial is asked for everything. */
  async #start(
    from: number,
  ): Promise<{ total: number | undefined; mediaType: string | undefined }> {
    try {
      return await this.#source!.start(from);
    } catch (error) {
      if (from === 0) throw error;
      this.#stop.signal.throwIfAborted();
    }
    const answer = await this.#source!.start(0);
    await this.#writer!.abort();
    this.#writer = await this.#createWriter();
    return answer;
  }

  /** Hashes what a kept partial brings along, which its first readers may be reading already. */
  async #prepare(writer: BlobWriter, shared: SharedBody): Promise<void> {
    if (writer.size > 0) await hashFile(this.#hasher, writer);
    this.#queue = new WriteQueue(writer, shared, {
      crowded: () => this.#deps.blocks.crowded,
      makeRoom: (bytes) => this.#deps.makeRoom(bytes),
      failed: (error) => this.#giveUpStoring(error),
    });
  }

  /** Fetches until the content's end; false when it stopped because nothing can be stored. */
  async #pump(): Promise<boolean> {
    while (!this.#detached) {
      const piece = await this.#source!.read();
      if (!piece) return true;
      this.#hasher.update(piece);
      this.#shared!.append(piece);
      await this.#queue!.push();
    }
    await this.#queue?.drained();
    return false;
  }

  /** As soon as everything is verified the readers may finish; only then is it made durable. */
  async #complete(): Promise<void> {
    const actual = this.#hasher.finish();
    if (actual !== this.digest) throw new DigestMismatch(this.digest, actual);
    const shared = this.#shared!;
    shared.verify();
    await this.#queue!.drained();
    if (!this.#detached) await this.#store(shared);
    await this.#source!.finish();
  }

  async #store(shared: SharedBody): Promise<void> {
    try {
      await this.#writer!.commit();
      this.#committed = true;
    } catch (error) {
      return this.#giveUpStoring(error);
    }
    const { mediaType } = await this.#head.promise;
    await this.#hooks.stored({ size: shared.received, mediaType, bytes: () => shared.whole() });
  }

  #giveUpStoring(error: unknown): void {
    this.#detached = true;
    this.#hooks.notStored(error);
  }

  async #fail(error: unknown): Promise<void> {
    this.#failed = true;
    this.#head.reject(error);
    this.#shared?.fail(error);
    this.#hooks.failed(error);
    await this.#source?.cancel(error);
    await this.#queue?.drained();
    const writer = this.#writer;
    this.#writer = undefined;
    if (!writer || this.#committed) return;
    const keep = error instanceof FillStopped && writer.size > 0;
    await (keep ? writer.keep() : writer.abort()).catch(() => {});
  }

  /** The first reader to continue inherits the running request, the others begin their own. */
  async #resumeAlone(source: Source, from: number, end: number | undefined) {
    const offset = this.received;
    const held = await this.#shared!.readAll(from, Math.min(offset, end ?? this.total ?? offset));
    let own = this.#source;
    this.#source = undefined;
    if (!own) {
      own = this.#resumingSource(source);
      await own.start(offset);
    }
    return verifiedRest({
      digest: this.digest,
      source: own,
      hasher: this.#hasher.copy(),
      held,
      from: Math.max(from, offset),
      end: end ?? this.total,
      onMismatch: (error) => this.#hooks.failed(error),
    });
  }

  #resumingSource(source: Source): ResumingSource {
    return new ResumingSource(source, {
      ...this.#deps,
      signal: this.#stop.signal,
      onResume: (offset, error) => this.#hooks.resumed(offset, error),
    });
  }

  async #idle(): Promise<void> {
    if (this.#settled) return await this.#release();
    this.#orphaned = new AbortController();
    try {
      const { clock, orphanLimit } = this.#deps;
      if (!this.#brief) await clock.delay(orphanLimit, this.#orphaned.signal);
    } catch {
      return;
    }
    if (this.arrived || this.#waiting > 0) return;
    await this.stop("nobody waits for it any longer");
  }

  /** Once it is over and nobody reads, what was not stored goes. */
  async #release(): Promise<void> {
    if (this.readers > 0 || this.#released) return;
    this.#released = true;
    const writer = this.#writer;
    this.#writer = undefined;
    this.#shared?.release();
    await this.#source?.cancel();
    if (writer && !this.#committed) await writer.abort();
    this.#hooks.released();
  }
}

async function hashFile(hasher: Hasher, writer: BlobWriter): Promise<void> {
  const file = await writer.open();
  try {
    const buffer = new Uint8Array(REHASH_SIZE);
    for (let at = 0; at < writer.size;) {
      const count = await file.read(buffer, at);
      if (count === 0) throw new SourceBroken("the kept partial ended early", at);
      hasher.update(buffer.subarray(0, count));
      at += count;
    }
  } finally {
    file.close();
  }
}
