/** What people ask about the content: lists, and the tree from registry down to layer. */
import type { SQLInputValue } from "node:sqlite";
import { blobConditions, describe, repositoryConditions, splitRepository } from "./conditions.ts";
import type { Catalog } from "./catalog.ts";
import { ABOUT_ANOTHER } from "./companions.ts";
import { closure } from "./relations.ts";
import { blobOf } from "./rows.ts";
import type {
  BlobListing,
  BlobQuery,
  Holdings,
  Listing,
  Page,
  ReferenceItem,
  RegistryItem,
  RepositoryItem,
  RepositoryQuery,
  TagItem,
} from "../listing.ts";

const PAGE = 50;
const SORTS = {
  size: "size",
  used: "last_used",
  hits: "hits",
  created: "created",
  digest: "digest",
};
const REPOSITORY_SORTS = { size: "bytes", used: "lastUsed", hits: "hits" } as const;
const SUMS = "count(*) AS blobs, sum(size) AS bytes, max(members.seen) AS seen";
/** Hits and last use of a repository that was summed up as `held`. */
const USES = `(SELECT sum(hits) FROM image_uses WHERE repository = held.repository) AS hits,
  (SELECT max(last_used) FROM image_uses WHERE repository = held.repository) AS last_used`;

/** An answer that takes longer than this many milliseconds is given again for so many times as long. */
const SLOW = 50;
const REST = 20;

/** Questions to the index. The caller has flushed it, so the answers are current. */
export class Queries {
  readonly #catalog: Catalog;
  readonly #pinned: () => ReadonlySet<string>;
  readonly #now: () => number;
  readonly #memo = new Map<string, { until: number; value: unknown }>();

  constructor(catalog: Catalog, pinned: () => ReadonlySet<string>, now: () => number) {
    this.#catalog = catalog;
    this.#pinned = pinned;
    this.#now = now;
  }

  blobs(query: BlobQuery): BlobListing {
    const { where, values } = blobConditions(query, this.#pinned);
    const way = query.desc ? "DESC" : "ASC";
    const order = `${SORTS[query.sort ?? "used"]} ${way}, digest ${way}`;
    // The page is found in the index of that order alone; only its rows are looked up.
    const rows = this.#all(
      `SELECT blobs.* FROM (
         SELECT digest FROM blobs ${where} ORDER BY ${order} LIMIT ? OFFSET ?
       ) JOIN blobs USING (digest) ORDER BY ${order}`,
      ...values,
      ...page(query),
    );
    const holders = this.#catalog.db.prepare(
      "SELECT repository FROM members WHERE digest = ? ORDER BY repository",
    );
    const named = this.#catalog.db.prepare(
      "SELECT kind, media_type FROM refs WHERE child = ? AND kind IN ('config', 'layer') LIMIT 1",
    );
    const items = rows.map((row) => {
      const blob = blobOf(row);
      const repositories = holders.all(blob.digest).map(({ repository }) => String(repository));
      const pinned = this.#pinned().has(blob.digest);
      return { ...describe(blob, named.get(blob.digest)), pinned, repositories };
    });
    return { ...this.#sums(where, values), items };
  }

  #sums(where: string, values: SQLInputValue[]): { total: number; bytes: number } {
    if (!where) return { total: this.#catalog.totals.blobs, bytes: this.#catalog.totals.bytes };
    const [sums] = this.#all(
      `SELECT count(*) AS total, coalesce(sum(size), 0) AS bytes FROM blobs ${where}`,
      ...values,
    );
    return { total: Number(sums?.total), bytes: Number(sums?.bytes) };
  }

  /** Tags that lead to `digest`, as `docker/library/alpine:3.22`; at most `limit`. */
  tagsTo(digest: string, limit: number): string[] {
    return this.#all(
      `WITH RECURSIVE above (digest) AS (
         SELECT ? UNION SELECT parent FROM refs JOIN above ON child = digest
         WHERE kind <> 'subject'
       )
       SELECT DISTINCT registry || '/' || repository || ':' || tag AS name
       FROM tags JOIN above USING (digest) ORDER BY name LIMIT ?`,
      digest,
      limit,
    ).map(({ name }) => String(name));
  }

  /** What a stored manifest says `digest` is; empty where none names it. */
  mediaTypeOf(digest: string): string {
    const [row] = this.#all("SELECT media_type FROM refs WHERE child = ? LIMIT 1", digest);
    return String(row?.media_type ?? "");
  }

  /** Repositories that hold any of `digests`. */
  holders(digests: readonly string[]): string[] {
    return this.#all(
      `SELECT DISTINCT repository FROM members
       WHERE digest IN (SELECT value FROM json_each(?)) ORDER BY repository`,
      JSON.stringify(digests),
    ).map(({ repository }) => String(repository));
  }

  registries(): RegistryItem[] {
    return this.#remembered("registries", () =>
      this.#all(
        `SELECT registry, count(*) AS blobs, sum(size) AS bytes, max(seen) AS seen, (
             SELECT sum(hits) FROM image_uses
             WHERE repository >= registry || '/' AND repository < registry || '0'
           ) AS hits, (
             SELECT max(last_used) FROM image_uses
             WHERE repository >= registry || '/' AND repository < registry || '0'
           ) AS last_used, (
             SELECT count(DISTINCT repository) FROM members
             WHERE repository >= registry || '/' AND repository < registry || '0'
           ) AS repositories, (
             SELECT count(*) FROM (
               SELECT DISTINCT repository, tag FROM tags
               WHERE tags.registry = held.registry AND NOT ${ABOUT_ANOTHER})
           ) AS tags
         FROM (
           SELECT substr(repository, 1, instr(repository, '/') - 1) AS registry, digest,
             max(seen) AS seen
           FROM members GROUP BY 1, 2
         ) AS held JOIN blobs USING (digest) GROUP BY registry ORDER BY registry`,
      ).map((row) => ({
        registry: String(row.registry),
        repositories: Number(row.repositories),
        tags: Number(row.tags),
        ...holdings(row),
      })));
  }

  repositories(query: RepositoryQuery): Listing<RepositoryItem> {
    const { total, items } = (query.sort ?? "name") === "name"
      ? this.#repositoriesByName(query)
      : this.#repositoriesByUse(query);
    const tags = this.#catalog.db.prepare(
      `SELECT count(DISTINCT tag) AS n FROM tags
       WHERE registry = ? AND repository = ? AND NOT ${ABOUT_ANOTHER}`,
    );
    const tagsOf = (repository: string) => Number(tags.get(...splitRepository(repository))?.n);
    return { total, items: items.map((item) => ({ ...item, tags: tagsOf(item.repository) })) };
  }

  /** Sums up nothing but the page. */
  #repositoriesByName(query: RepositoryQuery): Listing<HeldRepository> {
    const { where, values } = repositoryConditions(query);
    const names = `SELECT DISTINCT repository FROM members ${where}`;
    const filled = `SELECT repository FROM (${names}) AS named WHERE EXISTS (
      SELECT 1 FROM members JOIN blobs USING (digest) WHERE members.repository = named.repository)`;
    const rows = this.#all(
      `SELECT held.*, ${USES} FROM (
         SELECT repository, ${SUMS} FROM (
           ${filled} ORDER BY repository ${query.desc ? "DESC" : "ASC"} LIMIT ? OFFSET ?
         ) JOIN members USING (repository) JOIN blobs USING (digest) GROUP BY repository
       ) AS held ORDER BY repository ${query.desc ? "DESC" : "ASC"}`,
      ...values,
      ...page(query),
    );
    const total = this.#count(`SELECT count(*) AS n FROM (${filled})`, ...values);
    return { total, items: rows.map(heldRepository) };
  }

  /** There is no way around summing up all of them, so that the sums serve for some pages. */
  #repositoriesByUse(query: RepositoryQuery): Listing<HeldRepository> {
    const { where, values } = repositoryConditions(query);
    const all = this.#remembered(JSON.stringify(values), () =>
      this.#all(
        `SELECT held.*, ${USES} FROM (
           SELECT repository, ${SUMS} FROM members JOIN blobs USING (digest) ${where}
           GROUP BY repository
         ) AS held ORDER BY repository`,
        ...values,
      ).map(heldRepository));
    const by = REPOSITORY_SORTS[query.sort as keyof typeof REPOSITORY_SORTS];
    const sign = query.desc ? -1 : 1;
    const [limit, offset] = page(query);
    const items = all.toSorted((a, b) => sign * (a[by] - b[by])).slice(offset, offset + limit);
    return { total: all.length, items };
  }

  /** The tags of `repository`, each with everything it stands for that is here; no signatures. */
  tags(repository: string, query: Page): Listing<TagItem> {
    const rows = this.#all(
      `SELECT tag, digest, media_type, max(checked_at) AS checked_at FROM tags
       WHERE registry = ? AND repository = ? AND NOT ${ABOUT_ANOTHER}
       GROUP BY tag, digest ORDER BY tag, digest LIMIT ? OFFSET ?`,
      ...splitRepository(repository),
      ...page(query),
    );
    const items = rows.map((row) => {
      const digest = String(row.digest);
      return {
        tag: String(row.tag),
        digest,
        mediaType: String(row.media_type),
        checkedAt: Number(row.checked_at),
        pinned: this.#pinned().has(digest),
        ...this.image(repository, digest, [String(row.tag), digest], Number(row.checked_at)),
      };
    });
    const total = this.#count(
      `SELECT count(*) AS n FROM (
         SELECT DISTINCT tag, digest FROM tags
         WHERE registry = ? AND repository = ? AND NOT ${ABOUT_ANOTHER})`,
      ...splitRepository(repository),
    );
    return { total, items };
  }

  /**
   * What is here of the image `digest`, and its use in `repository` by any of `references`; last used
   * at `since` where nobody did.
   */
  image(repository: string, digest: string, references: string[], since: number): Holdings {
    return { ...this.#contentOf(digest), ...this.#useOf(repository, references, since) };
  }

  /** What the manifest `digest` names, in its order. */
  references(digest: string): ReferenceItem[] {
    return this.#all(
      `SELECT child, kind, refs.media_type, refs.size, platform, blobs.digest AS stored,
         hits, last_used
       FROM refs LEFT JOIN blobs ON blobs.digest = child WHERE parent = ? ORDER BY position`,
      digest,
    ).map((row) => ({
      digest: String(row.child),
      kind: String(row.kind),
      mediaType: String(row.media_type),
      size: Number(row.size),
      platform: String(row.platform),
      stored: row.stored !== null,
      total: row.kind === "manifest" && row.stored !== null
        ? this.#contentOf(String(row.child)).bytes
        : Number(row.size),
      hits: Number(row.hits ?? 0),
      lastUsed: Number(row.last_used ?? 0),
    }));
  }

  /** What is here of `root` and of what it names. */
  #contentOf(root: string): Pick<Holdings, "blobs" | "bytes"> {
    const held = { blobs: 0, bytes: 0 };
    for (const digest of closure(this.#catalog, [root])) {
      const row = this.#catalog.blob(digest);
      if (!row) continue;
      held.blobs++;
      held.bytes += row.size;
    }
    return held;
  }

  /** How often any of `references` was asked for in `repository`, and when last, or else `since`. */
  #useOf(
    repository: string,
    references: string[],
    since: number,
  ): Pick<Holdings, "hits" | "lastUsed"> {
    const [use] = this.#all(
      `SELECT sum(hits) AS hits, max(last_used) AS last_used FROM image_uses
       WHERE repository = ? AND reference IN (SELECT value FROM json_each(?))`,
      repository,
      JSON.stringify(references),
    );
    return { hits: Number(use?.hits ?? 0), lastUsed: Number(use?.last_used ?? since) };
  }

  /**
   * What `ask` answers, or answered a moment ago where answering takes long: pulls should not have
   * to wait because somebody watches a page.
   */
  #remembered<T>(key: string, ask: () => T): T {
    const now = this.#now();
    for (const [old, { until }] of this.#memo) if (now > until) this.#memo.delete(old);
    const known = this.#memo.get(key);
    if (known) return known.value as T;
    const began = performance.now();
    const value = ask();
    const took = performance.now() - began;
    if (took > SLOW) this.#memo.set(key, { until: now + took * REST, value });
    return value;
  }

  #all(sql: string, ...values: SQLInputValue[]) {
    return this.#catalog.db.prepare(sql).all(...values);
  }

  #count(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#catalog.db.prepare(sql).get(...values)?.n);
  }
}

type HeldRepository = Omit<RepositoryItem, "tags">;

function heldRepository(row: Record<string, unknown>): HeldRepository {
  return { repository: String(row.repository), ...holdings(row) };
}

function holdings(row: Record<string, unknown>): Holdings {
  return {
    blobs: Number(row.blobs),
    bytes: Number(row.bytes),
    hits: Number(row.hits ?? 0),
    // What was never asked for as an image came as part of one.
    lastUsed: Number(row.last_used ?? row.seen ?? 0),
  };
}

function page({ limit = PAGE, offset = 0 }: Page): [number, number] {
  return [limit, offset];
}
