/**
 * How often clients asked for images, by repository and by what they asked for, a tag or a digest:
 * figures of each repository's own, whatever content it shares with others.
 */
import type { DatabaseSync } from "node:sqlite";
import type { ImageUse } from "../change.ts";
import { reporting } from "./statements.ts";

interface Use {
  readonly repository: string;
  readonly reference: string;
  hits: number;
  lastUsed: number;
}

/** Gathered in memory, written by {@linkcode flush}. */
export class ImageUses {
  readonly #add: ReturnType<typeof reporting>;
  readonly #atLeast: ReturnType<typeof reporting>;
  readonly #forget: ReturnType<typeof reporting>;
  readonly #gathered = new Map<string, Use>();

  /** `path` is that of `db`, for errors. */
  constructor(db: DatabaseSync, path: string) {
    this.#add = reporting(
      db.prepare(
        `INSERT INTO image_uses VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET hits = hits + excluded.hits, last_used = max(last_used, excluded.last_used)`,
      ),
      path,
    );
    this.#atLeast = reporting(
      db.prepare(
        `INSERT INTO image_uses VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET hits = max(hits, excluded.hits), last_used = max(last_used, excluded.last_used)`,
      ),
      path,
    );
    this.#forget = reporting(db.prepare("DELETE FROM image_uses WHERE last_used < ?"), path);
  }

  /**
   * Notes that `reference` of `repository` (`docker/library/alpine`) was asked for at `time` (Unix
   * ms), and whether the cache answered.
   */
  add(repository: string, reference: string, time: number, hit: boolean): void {
    const key = `${repository} ${reference}`;
    let use = this.#gathered.get(key);
    if (!use) {
      this.#gathered.set(key, use = { repository, reference, hits: 0, lastUsed: time });
    }
    if (hit) use.hits++;
    if (time > use.lastUsed) use.lastUsed = time;
  }

  /** What {@linkcode flush} will write. */
  get gathered(): ImageUse[] {
    return [...this.#gathered.values()].map(
      ({ repository, reference, lastUsed, hits }) => [repository, reference, lastUsed, hits],
    );
  }

  /** Writes uses elsewhere; `all`: there were as many at least, those counted here among them. */
  learn([repository, reference, at, hits]: ImageUse, all = false): void {
    (all ? this.#atLeast : this.#add).run(repository, reference, hits, at);
  }

  /** Whether there is something to write. */
  get pending(): boolean {
    return this.#gathered.size > 0;
  }

  /** Writes what was gathered; it stays gathered until {@linkcode flushed}. */
  flush(): void {
    for (const { repository, reference, hits, lastUsed } of this.#gathered.values()) {
      this.#add.run(repository, reference, hits, lastUsed);
    }
  }

  /** What was written is in the database for good. */
  flushed(): void {
    this.#gathered.clear();
  }

  /** Forgets what nobody has asked for since `before` (Unix ms). */
  forget(before: number): void {
    this.#forget.run(before);
  }
}
