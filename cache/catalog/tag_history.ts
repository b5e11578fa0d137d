/**
 * What tags have stood for, and since when each digest is known: kept when content and tags go, since
 * it is the past that is asked for.
 */
import type { DatabaseSync } from "node:sqlite";
import type { TagKey, TagName, TagRow, TagSighting } from "../types.ts";
import { reporting } from "./statements.ts";

export class TagHistory {
  readonly #sql: Record<"saw" | "has" | "of" | "former" | "tagsOf" | "first" | "forget", Statement>;

  /** `path` is that of `db`, for errors. */
  constructor(db: DatabaseSync, path: string) {
    const sql = (text: string) => reporting(db.prepare(text), path);
    const sighting = `digest, media_type, size, min(first_seen) AS first_seen,
         max(last_seen) AS last_seen, max(seen_by) AS seen_by FROM tag_history
       WHERE registry = ? AND repository = ? AND tag = ?`;
    const newest = "GROUP BY digest ORDER BY max(last_seen) DESC, min(first_seen) DESC";
    this.#sql = {
      saw: sql(
        `INSERT INTO tag_history
         VALUES (:registry, :repository, :tag, :accept, :digest, :mediaType, :size, :first, :at, :by)
         ON CONFLICT DO UPDATE SET media_type = :mediaType, size = :size,
           first_seen = min(first_seen, :first), last_seen = max(last_seen, :at)`,
      ),
      has: sql("SELECT 1 FROM tag_history WHERE registry = ? AND repository = ? LIMIT 1"),
      of: sql(`SELECT ${sighting} ${newest}`),
      former: sql(`SELECT ${sighting} AND accept = ? ${newest}`),
      tagsOf: sql(
        `SELECT DISTINCT tag FROM tag_history
         WHERE digest = ? AND registry = ? AND repository = ? AND tag <> ''`,
      ),
      first: sql(
        `SELECT min(first_seen) AS first FROM tag_history
         WHERE digest = ? AND registry = ? AND repository = ?`,
      ),
      // What is left beyond the bound is what was seen last.
      forget: sql(
        `DELETE FROM tag_history WHERE last_seen < max(:before, coalesce(
           (SELECT last_seen FROM tag_history ORDER BY last_seen DESC LIMIT 1 OFFSET :most), 0))`,
      ),
    };
  }

  /**
   * Notes that the tag stood for `row` from `first` (Unix ms) until that was checked; an empty tag:
   * seen by its digest.
   */
  saw(key: TagKey, row: TagRow, first = row.checkedAt): void {
    const { registry, repository, tag, accept } = key;
    const { digest, mediaType, size, checkedAt: at, by = "" } = row;
    const what = { digest, mediaType, size, by };
    this.#sql.saw.run({ registry, repository, tag, accept, ...what, first, at });
  }

  /** Whether anything of the repository was ever seen. */
  has(registry: string, repository: string): boolean {
    return this.#sql.has.get(registry, repository) !== undefined;
  }

  /** Newest first; of one kind of client alone where `accept` says which. */
  of({ registry, repository, tag }: TagName, accept?: string): TagSighting[] {
    const { of, former } = this.#sql;
    const rows = accept === undefined
      ? of.all(registry, repository, tag)
      : former.all(registry, repository, tag, accept);
    return rows.map((row) => ({
      digest: String(row.digest),
      mediaType: String(row.media_type),
      size: Number(row.size),
      firstSeen: Number(row.first_seen),
      lastSeen: Number(row.last_seen),
      seenBy: String(row.seen_by) as TagSighting["seenBy"],
    }));
  }

  /** The tags of the repository that have stood for `digest`. */
  tagsOf(registry: string, repository: string, digest: string): string[] {
    return this.#sql.tagsOf.all(digest, registry, repository).map(({ tag }) => String(tag));
  }

  /** When `digest` was first seen in the repository, in Unix milliseconds, as far as is remembered. */
  firstSeen(registry: string, repository: string, digest: string): number | undefined {
    const first = this.#sql.first.get(digest, registry, repository)?.first;
    return first === null || first === undefined ? undefined : Number(first);
  }

  /** Forgets what was last seen before `before` (Unix ms), and all but the `most` newest rows. */
  forget(before: number, most: number): void {
    this.#sql.forget.run({ before, most });
  }
}

type Statement = ReturnType<typeof reporting>;
