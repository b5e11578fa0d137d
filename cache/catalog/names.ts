/**
 * What several caches may have in common, and tell one another of: which repository holds which
 * digest, what a tag means, what is pinned. Rows that every request asks for are kept in memory too.
 */
import type { DatabaseSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { Change } from "../change.ts";
import type { TagKey, TagMeaning, TagRow } from "../types.ts";
import type { Announcer } from "./announce.ts";
import { tagId, tagOf } from "./rows.ts";
import type { Statements } from "./statements.ts";
import type { TagHistory } from "./tag_history.ts";

const ROWS_IN_MEMORY = 20_000;

interface NamesOptions {
  db: DatabaseSync;
  sql: Statements;
  announcer: Announcer;
  history: TagHistory;
  /** Runs work in a transaction. */
  transaction: (work: () => void) => void;
  /** Bytes of a blob that is here. */
  sizeOf: (digest: string) => number | undefined;
}

export class Names {
  readonly #options: NamesOptions;
  readonly #sql: Statements;
  readonly #tags = new LRUCache<string, { row: TagRow | undefined }>(atMost(ROWS_IN_MEMORY));
  readonly #links = new LRUCache<string, true>(atMost(ROWS_IN_MEMORY));
  #revision = 0;
  #reachable = 0;

  constructor(options: NamesOptions) {
    this.#options = options;
    this.#sql = options.sql;
  }

  /** Rises whenever a tag moves, or content or its membership goes: what was said before may not hold. */
  get revision(): number {
    return this.#revision;
  }

  /** Rises whenever more or other content may be reached from a tag or a pin. */
  get reachable(): number {
    return this.#reachable;
  }

  /** A manifest that is new here names something. */
  grown(): void {
    this.#reachable++;
  }

  link(repository: string, digest: string, now: number): void {
    const key = `${repository}\0${digest}`;
    if (this.#links.has(key)) return;
    const known = this.#options.announcer.heard && this.#sql.linked.get(repository, digest);
    this.#sql.link.run(repository, digest, now);
    this.#links.set(key, true);
    if (!known) this.#tell({ kind: "link", repository, digest });
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
    const size = this.#options.sizeOf(digest) ?? coming ?? null;
    const algorithm = digest.slice(0, digest.indexOf(":") + 1);
    this.#options.transaction(() => {
      this.#sql.unlink.run(repository, digest);
      this.#sql.unlinkAliases.run({ repository, size, algorithm });
      const { changes } = this.#sql.deleteTagsIn.run(repository, digest);
      if (changes) this.#reachable++;
    });
    this.forgetMemory();
    this.#revision++;
    this.#tell({ kind: "unlink", repository, digest });
  }

  /** Forgets that `repository` holds anything but what `stays`. */
  unlinkRepository(repository: string, stays: (digest: string) => boolean): void {
    this.#options.transaction(() => {
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
  tags(registry: string, repository: string, tag: string): TagMeaning[] {
    return this.#sql.tags.all(registry, repository, tag)
      .map((row) => ({ ...tagOf(row), accept: String(row.accept) }));
  }

  setTag(key: TagKey, row: TagRow): void {
    const { registry, repository, tag, accept } = key;
    const { digest, mediaType, size, checkedAt } = row;
    const moved = this.tag(key)?.digest !== digest;
    this.#options.transaction(() => {
      this.#sql.setTag.run(registry, repository, tag, accept, digest, mediaType, size, checkedAt);
      this.#options.history.saw(key, row);
    });
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

  /** Forgets who holds `digest` and the tags that point to it; the blob itself stays. */
  removeHolders(digest: string): void {
    this.#sql.unlinkDigest.run(digest);
    this.#sql.deleteTagsOf.run(digest);
    this.forgetMemory();
    this.#tagsChanged();
  }

  /** Forgets the references of `digest`, who holds it and the tags that point to it. */
  forgetContent(digest: string): void {
    this.#options.transaction(() => {
      this.#sql.unlinkDigest.run(digest);
      const { changes: refs } = this.#sql.removeRefs.run(digest);
      const { changes: tags } = this.#sql.deleteTagsOf.run(digest);
      if (refs || tags) this.#reachable++;
      this.#tell({ kind: "gone", digests: [digest] });
    });
    this.forgetMemory();
  }

  /**
   * Forgets who holds what has not been here, nor been heard of, since `before`, and what was known of
   * it; memory may have it for a while.
   */
  forgetUnused(before: number): void {
    this.#options.transaction(() => {
      this.#sql.forgetMembers.run(before);
      this.#sql.forgetTags.run(before);
      this.#sql.forgetRefs.run();
    });
    this.forgetMemory();
    this.#tagsChanged();
  }

  /** Forgets every row, since others are to take their place. Told to nobody. */
  clear(): void {
    this.#options.db.exec("DELETE FROM members; DELETE FROM tags; DELETE FROM pins");
    this.forgetMemory();
    this.#tagsChanged();
  }

  /** What was said before does not hold any more. */
  changed(): void {
    this.#revision++;
  }

  /** Memory may hold what the database does not. */
  forgetMemory(): void {
    this.#links.clear();
    this.#tags.clear();
  }

  #tagsChanged(): void {
    this.#revision++;
    this.#reachable++;
  }

  #tell(change: Change): void {
    const { announcer, db } = this.#options;
    announcer.tell(change, !db.isTransaction);
  }
}
