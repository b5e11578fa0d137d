/**
 * What is known of the content, in SQLite: blobs, tags, which repository holds which digest, last
 * use, hits, references and pins. Small rows that every request asks for are kept in memory too;
 * this process alone writes the file, so they cannot go stale.
 */
import type { DatabaseSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { Change, ChangeListener, Use } from "../change.ts";
import { type ChangeId, isLater, parseChangeId } from "../change_id.ts";
import type { Reference } from "../manifest.ts";
import type { BlobInfo } from "../types.ts";
import { Announcer } from "./announce.ts";
import { applyChange, type DepotBooks } from "./apply.ts";
import { ImageUses } from "./image_uses.ts";
import { Names } from "./names.ts";
import { blobOf, type BlobRow, referenceOf } from "./rows.ts";
import { checkPages, inTransaction, openDatabase, reportingErrors } from "./sqlite.ts";
import { type Statements, statements } from "./statements.ts";
import { TagHistory } from "./tag_history.ts";

const ROWS_IN_MEMORY = 20_000;

type NewBlob = Omit<BlobInfo, "hits">;

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
  /** What tags have stood for. */
  readonly history: TagHistory;
  /** What others may have in common with this one. */
  readonly names: Names;
  readonly #sql: Statements;
  readonly #blobs = new LRUCache<string, BlobRow>(atMost(ROWS_IN_MEMORY));
  readonly #touched = new Map<string, BlobRow>();
  #usedElsewhere: [BlobRow, Use][] = [];
  readonly #announcer = new Announcer();
  /** Whether the last process to write here closed it properly, or nobody has written yet. */
  readonly clean: boolean;
  /** Until when everything stored is known to have a row, in Unix milliseconds. */
  readonly recordedUntil: number;
  #totals: { blobs: number; bytes: number };
  #keptElsewhere: (row: BlobRow) => boolean = () => false;
  #shared = false;
  #changed = false;
  /** What is known of the depot, where there is one. */
  depot: DepotBooks | undefined;

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
    this.history = new TagHistory(db, path);
    this.names = new Names({
      db,
      history: this.history,
      sql: this.#sql,
      announcer: this.#announcer,
      transaction: (work) => this.transaction(work),
      sizeOf: (digest) => this.blob(digest)?.size,
    });
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
      for (const repository of repositories ?? []) this.names.link(repository, digest, lastUsed);
    });
    this.#forget(digest);
    if (references?.length) this.names.grown();
    this.#totals.bytes += size - (before?.size ?? 0);
    if (!before) this.#totals.blobs++;
  }

  /** Notes what a manifest names that may not be here. */
  noteReferences(digest: string, references: readonly Reference[]): void {
    if (references.length === 0 || this.blob(digest)) return;
    this.transaction(() => this.#setReferences(digest, references));
    this.names.grown();
  }

  /** What the manifest `digest` names, as far as known. */
  references(digest: string): Reference[] {
    return this.#sql.refs.all(digest).map(referenceOf);
  }

  /**
   * Asks `elsewhere` of each blob that is removed whether it can still be had without upstream: then
   * what is known of it stays.
   */
  keepWhatIs(elsewhere: (row: BlobRow) => boolean): void {
    this.#keptElsewhere = elsewhere;
  }

  get shared(): boolean {
    return this.#shared;
  }

  /** What is not here may be at others, who have the same rows: only what is unwanted is forgotten. */
  share(): void {
    this.#shared = true;
  }

  /** The depot does not have the content any more: unless it is here, or may be, it is forgotten. */
  abandon(digest: string): void {
    if (!this.#shared && !this.blob(digest)) this.names.forgetContent(digest);
  }

  /**
   * Forgets the blob and, where nobody else keeps it or it is `unwanted`, all that is known of its
   * content.
   */
  removeBlob(digest: string, unwanted = false): void {
    const before = this.blob(digest);
    const kept = before !== undefined && (this.#keptElsewhere(before) || this.#shared) && !unwanted;
    this.transaction(() => {
      this.#sql.removeBlob.run(digest);
      if (!kept) this.names.forgetContent(digest);
    });
    this.names.changed();
    this.#forget(digest);
    if (before) {
      this.#totals.bytes -= before.size;
      this.#totals.blobs--;
    }
  }

  /** Counts a use of `row`; written by the next {@linkcode flush}. */
  touch(row: BlobRow, now: number): void {
    row.hits++;
    row.lastUsed = now;
    this.#touched.set(row.digest, row);
  }

  /** Writes uses of a blob elsewhere, where it is here; memory learns of them after the commit. */
  addUses(use: Use): void {
    const [digest, at, hits] = use;
    const row = this.#blobs.peek(digest) ?? this.#touched.get(digest);
    if (row) this.#usedElsewhere.push([row, use]);
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
    const { heard } = this.#announcer;
    const uses = heard ? this.#unwrittenUses() : [];
    const asked = heard ? this.images.gathered : [];
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
    if (uses.length > 0) this.tell({ kind: "used", uses });
    if (asked.length > 0) this.tell({ kind: "asked", uses: asked });
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
   * Throws InvalidChangeId; false where there was nothing to do.
   */
  apply(changes: readonly Change[], id: string): boolean {
    const place = parseChangeId(id);
    const last = this.lastApplied;
    if (last && !isLater(place, last)) return false;
    this.#applyAt(place, changes);
    return true;
  }

  /**
   * Has `changes`, which are all the rows of another at `id`, in place of what is shared with others
   * here, all or nothing. Throws InvalidChangeId.
   */
  replace(changes: Iterable<Change>, id: string): void {
    const place = parseChangeId(id);
    this.#applyAt(place, changes, () => {
      this.names.clear();
      this.depot?.forget();
    });
  }

  /** Tells of `change`, which is made or need not be. */
  tell(change: Change): void {
    this.#announcer.tell(change, !this.db.isTransaction);
  }

  /** Runs `work`, of whose changes nobody is told. */
  silently(work: () => void): void {
    this.#announcer.silently(work);
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

  #applyAt(place: ChangeId, changes: Iterable<Change>, before = () => {}): void {
    try {
      this.silently(() =>
        this.transaction(() => {
          before();
          for (const change of changes) applyChange(this, change, place.ms);
          this.#sql.setState.run("applied_ms", place.ms);
          this.#sql.setState.run("applied_seq", place.seq);
        })
      );
      for (const [row, [, at, hits]] of this.#usedElsewhere) {
        row.hits += hits;
        row.lastUsed = Math.max(row.lastUsed, at);
      }
    } catch (error) {
      this.#forgetAll();
      throw error;
    } finally {
      this.#usedElsewhere = [];
    }
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
    this.names.forgetMemory();
    this.names.changed();
    this.names.grown();
    this.depot?.recount();
  }

  #setReferences(parent: string, references: readonly Reference[]): void {
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
