/**
 * What is known of the content, in SQLite: blobs, tags, which repository holds which digest, last
 * use, hits, references and pins. Small rows that every request asks for are kept in memory too;
 * this process alone writes the file, so they cannot go stale.
 */
import type { DatabaseSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import type { Change, ChangeListener, Use } from "../change.ts";
import type { Reference } from "../manifest.ts";
import type { BlobInfo, TagKey, TagRow } from "../types.ts";
import { Announcer } from "./announce.ts";
import { applyChange, type ChangeId, isLater, parseChangeId } from "./apply.ts";
import { ImageUses } from "./image_uses.ts";
import { blobOf, type BlobRow, tagId, tagOf } from "./rows.ts";
import { checkPages, inTransaction, openDatabase, reportingErrors } from "./sqlite.ts";
import { statements } from "./statements.ts";

const ROWS_IN_MEMORY = 20_000;

export type NewBlob = Omit<BlobInfo, "hits">;

/** What goes with a new blob: what it names, and who holds it. */
export interface Links {
  references?: Reference[];
  repositories?: Iterable<string>;
}

export class Catalog {
  /** For the questions of this room alone; writes go through this class. */
  readonly db: DatabaseSync;
  readonly path: string;
  /** How often images were asked for; what {@linkcode flush} has not written yet is not read. */
  readonly images: ImageUses;
  readonly #sql: ReturnType<typeof statements>;
  readonly #blobs = new LRUCache<string, BlobRow>({ max: ROWS_IN_MEMORY });
  readonly #tags = new LRUCache<string, { row: TagRow | undefined }>({ max: ROWS_IN_MEMORY });
  readonly #links = new LRUCache<string, true>({ max: ROWS_IN_MEMORY });
  readonly #touched = new Map<string, BlobRow>();
  readonly #announcer = new Announcer();
  /** Whether the last process to write here closed it properly, or nobody has written yet. */
  readonly clean: boolean;
  /** Until when everything stored is known to have a row, in Unix milliseconds. */
  readonly recordedUntil: number;
  #totals: { blobs: number; bytes: number };
  #keptElsewhere: (row: BlobRow) => boolean = () => false;
  #revision = 0;
  #reachable = 0;
  #changed = false;

  /**
   * Opens or creates the database at `path`. Throws {@linkcode CacheTooNew}, or
   * {@linkcode IndexDamaged} where the file is no sound database.
   */
  static open(path: string): Catalog {
    return openDatabase(path, (db) => new Catalog(db, path));
  }

  /** After a crash all pages are looked through. */
  private constructor(db: DatabaseSync, path: string) {
    this.db = db;
    this.path = path;
    this.#sql = statements(db, path);
    this.images = new ImageUses(db, path);
    this.clean = this.#state("clean") !== 0;
    this.recordedUntil = this.#state("recorded_until") ?? 0;
    if (!this.clean) checkPages(db, path);
    const { blobs, bytes } = this.#sql.totals.get()!;
    this.#totals = { blobs: Number(blobs), bytes: Number(bytes) };
    this.#sql.setState.run("clean", 0);
  }

  /** Blobs and their bytes. */
  get totals(): Readonly<{ blobs: number; bytes: number }> {
    return this.#totals;
  }

  /** Rises whenever a tag moves, or content or its membership goes: what was said before may not hold. */
  get revision(): number {
    return this.#revision;
  }

  /** Rises whenever more or other content may be reached from a tag or a pin. */
  get reachable(): number {
    return this.#reachable;
  }

  blob(digest: string): BlobRow | undefined {
    const known = this.#blobs.get(digest) ?? this.#touched.get(digest);
    if (known) return known;
    const row = this.#sql.blob.get(digest);
    if (!row) return undefined;
    const blob = blobOf(row);
    this.#blobs.set(digest, blob);
    return blob;
  }

  /** Records a blob whose file is in place, with its references and who holds it, all or nothing. */
  addBlob(
    { digest, size, mediaType, created, lastUsed, verified }: NewBlob,
    { references, repositories }: Links,
  ): void {
    const before = this.blob(digest);
    this.transaction(() => {
      this.#sql.addBlob.run({ digest, size, mediaType, created, lastUsed, verified });
      if (references) this.#setReferences(digest, references);
      for (const repository of repositories ?? []) this.link(repository, digest, lastUsed);
    });
    this.#forget(digest);
    if (references?.length) this.#reachable++;
    this.#totals.bytes += size - (before?.size ?? 0);
    if (!before) this.#totals.blobs++;
  }

  /**
   * Asks `elsewhere` of each blob that is removed whether it can still be had without upstream: then
   * what is known of it stays.
   */
  keepWhatIs(elsewhere: (row: BlobRow) => boolean): void {
    this.#keptElsewhere = elsewhere;
  }

  /** Forgets the blob and, where nobody else keeps it, all that {@linkcode forgetContent} does. */
  removeBlob(digest: string): void {
    const before = this.blob(digest);
    const kept = before !== undefined && this.#keptElsewhere(before);
    this.transaction(() => {
      this.#sql.removeBlob.run(digest);
      if (!kept) this.forgetContent(digest);
    });
    this.#revision++;
    this.#forget(digest);
    if (before) {
      this.#totals.bytes -= before.size;
      this.#totals.blobs--;
    }
  }

  /** Forgets the references of `digest`, who holds it and the tags that point to it. */
  forgetContent(digest: string): void {
    this.transaction(() => {
      this.#sql.unlinkDigest.run(digest);
      const { changes: refs } = this.#sql.removeRefs.run(digest);
      const { changes: tags } = this.#sql.deleteTagsOf.run(digest);
      if (refs || tags) this.#reachable++;
      this.#tell({ kind: "gone", digests: [digest] });
    });
    this.#links.clear();
    this.#tags.clear();
  }

  /** Forgets who holds `digest` and the tags that point to it; the blob itself stays. */
  removeHolders(digest: string): void {
    this.#sql.unlinkDigest.run(digest);
    this.#sql.deleteTagsOf.run(digest);
    this.#links.clear();
    this.#tags.clear();
    this.#tagsChanged();
  }

  /** Counts a use of `row`; written by the next {@linkcode flush}. */
  touch(row: BlobRow, now: number): void {
    row.hits++;
    row.lastUsed = now;
    this.#touched.set(row.digest, row);
  }

  /** Writes uses of a blob elsewhere, where it is here; memory learns of them from {@linkcode apply}. */
  addUses([digest, at, hits]: Use): void {
    this.#sql.addUses.run({ digest, at, hits });
  }

  /** Notes that the blob's bytes have just been compared with its digest. */
  verified(row: BlobRow, now: number): void {
    row.verified = now;
    this.#touched.set(row.digest, row);
  }

  /** Writes what has been gathered since the last time, in one transaction. */
  flush(now: number): void {
    if (this.#touched.size === 0 && !this.#changed && !this.images.pending) return;
    const uses = this.#announcer.heard ? this.#unwrittenUses() : [];
    this.transaction(() => {
      for (const { digest, hits, lastUsed, verified } of this.#touched.values()) {
        this.#sql.touch.run({ digest, hits, lastUsed, verified });
      }
      this.images.flush();
      this.#sql.setState.run("recorded_until", now);
    });
    this.images.flushed();
    this.#touched.clear();
    this.#changed = false;
    if (uses.length > 0) this.#tell({ kind: "used", uses });
  }

  link(repository: string, digest: string, now: number): void {
    const key = `${repository}\0${digest}`;
    if (this.#links.has(key)) return;
    this.#sql.link.run(repository, digest, now);
    this.#links.set(key, true);
    this.#tell({ kind: "link", repository, digest });
  }

  linked(repository: string, digest: string): boolean {
    const key = `${repository}\0${digest}`;
    if (this.#links.has(key)) return true;
    if (!this.#sql.linked.get(repository, digest)) return false;
    this.#links.set(key, true);
    return true;
  }

  /**
   * Forgets that `repository` holds `digest`, or what has its size under another algorithm (any size
   * where its own is not known), and its tags. `coming`: its size, where it is still on its way.
   */
  unlink(repository: string, digest: string, coming?: number): void {
    const size = this.blob(digest)?.size ?? coming ?? null;
    const algorithm = digest.slice(0, digest.indexOf(":") + 1);
    this.transaction(() => {
      this.#sql.unlink.run(repository, digest);
      this.#sql.unlinkAliases.run({ repository, size, algorithm });
      const { changes } = this.#sql.deleteTagsIn.run(repository, digest);
      if (changes) this.#reachable++;
    });
    this.#links.clear();
    this.#tags.clear();
    this.#revision++;
    this.#tell({ kind: "unlink", repository, digest });
  }

  /** Forgets who holds what has not been here, nor been heard of, since `before`. */
  forgetMembers(before: number): void {
    this.#sql.forgetMembers.run(before);
    this.#links.clear();
  }

  /** Forgets that `repository` holds anything but what `stays`. */
  unlinkRepository(repository: string, stays: (digest: string) => boolean): void {
    this.transaction(() => {
      for (const row of this.#sql.members.all(repository)) {
        const digest = String(row.digest);
        if (!stays(digest)) this.unlink(repository, digest);
      }
    });
  }

  tag(key: TagKey): TagRow | undefined {
    const id = tagId(key);
    const known = this.#tags.get(id);
    if (known) return known.row;
    const found = this.#sql.tag.get(key.registry, key.repository, key.tag, key.accept);
    const row = found && tagOf(found);
    this.#tags.set(id, { row });
    return row;
  }

  /** What the tag stands for, for each kind of client that has asked. */
  tags(registry: string, repository: string, tag: string): TagRow[] {
    return this.#sql.tags.all(registry, repository, tag).map(tagOf);
  }

  setTag(key: TagKey, row: TagRow): void {
    const { registry, repository, tag, accept } = key;
    const { digest, mediaType, size, checkedAt } = row;
    const moved = this.tag(key)?.digest !== digest;
    this.#sql.setTag.run(registry, repository, tag, accept, digest, mediaType, size, checkedAt);
    this.#tags.set(tagId(key), { row: { digest, mediaType, size, checkedAt } });
    if (moved) this.#tagsChanged();
    this.#tell({ kind: "tag", key, row });
  }

  /** Forgets the tag, whatever clients accept. */
  deleteTag(registry: string, repository: string, tag: string): void {
    this.#sql.deleteTag.run(registry, repository, tag);
    this.#tags.clear();
    this.#tagsChanged();
    this.#tell({ kind: "untag", name: { registry, repository, tag } });
  }

  pin(pattern: string, now: number): void {
    this.#sql.pin.run(pattern, now);
    this.#reachable++;
    this.#tell({ kind: "pin", pattern, on: true });
  }

  /** False where there was no such pin. */
  unpin(pattern: string): boolean {
    const { changes } = this.#sql.unpin.run(pattern);
    this.#reachable++;
    this.#tell({ kind: "pin", pattern, on: false });
    return Number(changes) > 0;
  }

  pins(): string[] {
    return this.#sql.pins.all().map((row) => String(row.pattern));
  }

  /** Runs `work` in a transaction; one within another is part of it. */
  transaction(work: () => void): void {
    const outermost = !this.db.isTransaction;
    try {
      reportingErrors(this.path, () => inTransaction(this.db, work));
    } catch (error) {
      if (outermost) this.#announcer.rollback();
      throw error;
    }
    if (outermost) this.#announcer.commit();
  }

  /** Calls `listener` with each change that is in the database, but for those of {@linkcode apply}. */
  onChange(listener: ChangeListener): () => void {
    return this.#announcer.listen(listener);
  }

  /** Up to where changes were applied. */
  get lastApplied(): ChangeId | undefined {
    const [ms, seq] = [this.#state("applied_ms"), this.#state("applied_seq")];
    return ms === undefined || seq === undefined ? undefined : { ms, seq };
  }

  /**
   * Makes `changes` that others have told of, all or none; those up to `id` (`1732600000000-0`) are
   * made by then, so that an id that does not come later than {@linkcode lastApplied} does nothing.
   * Throws InvalidChangeId.
   */
  apply(changes: readonly Change[], id: string): void {
    const place = parseChangeId(id);
    const last = this.lastApplied;
    if (last && !isLater(place, last)) return;
    try {
      this.#announcer.silently(() =>
        this.transaction(() => {
          for (const change of changes) applyChange(this, change, place.ms);
          this.#sql.setState.run("applied_ms", place.ms);
          this.#sql.setState.run("applied_seq", place.seq);
        })
      );
    } catch (error) {
      this.#forgetAll();
      throw error;
    }
    for (const change of changes) {
      if (change.kind === "used") change.uses.forEach((use) => this.#addUsesInMemory(use));
    }
  }

  /** The number that was noted as `key`. */
  noted(key: string): number | undefined {
    return this.#state(key);
  }

  /** Notes an integer, for the next start too. */
  note(key: string, value: number): void {
    this.#sql.setState.run(key, value);
  }

  /** Writes everything and says that it did, so that the next start need not look. */
  close(now: number): void {
    this.#changed = true;
    this.flush(now);
    this.#sql.setState.run("clean", 1);
    this.db.close();
  }

  #tell(change: Change): void {
    if (this.#announcer.heard) this.#announcer.tell(change, !this.db.isTransaction);
  }

  #addUsesInMemory([digest, at, hits]: Use): void {
    const row = this.#blobs.peek(digest) ?? this.#touched.get(digest);
    if (!row) return;
    row.hits += hits;
    row.lastUsed = Math.max(row.lastUsed, at);
  }

  /** Uses since the last flush: what memory has counted beyond the database. */
  #unwrittenUses(): Use[] {
    return this.#touched.values().map(({ digest, lastUsed, hits }): Use => {
      const written = this.#sql.blob.get(digest);
      return [digest, lastUsed, written ? hits - Number(written.hits) : 0];
    }).filter(([, , hits]) => hits > 0).toArray();
  }

  /** Memory may hold what was rolled back; uses that nobody has written yet stay. */
  #forgetAll(): void {
    this.#blobs.clear();
    this.#tags.clear();
    this.#links.clear();
    this.#tagsChanged();
  }

  #tagsChanged(): void {
    this.#revision++;
    this.#reachable++;
  }

  #setReferences(parent: string, references: Reference[]): void {
    this.#sql.removeRefs.run(parent);
    references.forEach(({ digest, kind, mediaType, size, platform }, position) => {
      this.#sql.addRef.run(parent, position, digest, kind, mediaType, size, platform);
    });
  }

  #forget(digest: string): void {
    this.#blobs.delete(digest);
    this.#touched.delete(digest);
    this.#changed = true;
  }

  #state(key: string): number | undefined {
    const row = this.#sql.state.get(key);
    return row && Number(row.value);
  }
}
