/** What holds what: tags and repositories hold manifests and blobs, manifests what they name. */
import type { TagName } from "../types.ts";
import type { Catalog } from "./catalog.ts";
import { tagNameOf } from "./rows.ts";

/** A tag with what it points to. */
export interface Tagged extends TagName {
  digest: string;
}

/**
 * Everything that the manifests `roots` name, directly or through others, and they themselves. What
 * a signature is about (`subject`) does not belong to it.
 */
export function closure(catalog: Catalog, roots: Iterable<string>): Set<string> {
  const { children } = holdersIn(catalog);
  const found = new Set(roots);
  for (const digest of found) {
    for (const child of children(digest)) found.add(child);
  }
  return found;
}

/** Questions about one digest, for those who ask about many. */
interface Holders {
  /** Repositories (`docker/library/alpine`) that hold it. */
  repositories(digest: string): string[];
  /** Tags that point to it. */
  tags(digest: string): TagName[];
  /** Stored manifests that name it. */
  parents(digest: string): string[];
  /** What it names itself. */
  children(digest: string): string[];
}

/** Who holds what in `catalog` as it is now. */
export function holdersIn({ db }: Catalog): Holders {
  const members = db.prepare("SELECT repository FROM members WHERE digest = ?");
  const tags = db.prepare("SELECT registry, repository, tag FROM tags WHERE digest = ?");
  const parents = db.prepare(
    `SELECT parent FROM refs WHERE child = ? AND kind <> 'subject'
     AND EXISTS (SELECT 1 FROM blobs WHERE digest = parent)`,
  );
  const children = db.prepare("SELECT child FROM refs WHERE parent = ? AND kind <> 'subject'");
  return {
    repositories: (digest) => members.all(digest).map(({ repository }) => String(repository)),
    tags: (digest) => tags.all(digest).map(tagNameOf),
    parents: (digest) => parents.all(digest).map(({ parent }) => String(parent)),
    children: (digest) => children.all(digest).map(({ child }) => String(child)),
  };
}

/** Manifests that `repository` holds and that name `digest`, as their subject or as their content. */
export function parentsIn(
  { db }: Catalog,
  repository: string,
  digest: string,
  subject: boolean,
): string[] {
  const parents = db.prepare(
    `SELECT DISTINCT parent FROM refs WHERE child = ? AND (kind = 'subject') = ?
     AND EXISTS (SELECT 1 FROM members WHERE repository = ? AND digest = parent)`,
  );
  return parents.all(digest, Number(subject), repository).map(({ parent }) => String(parent));
}

/** Digests that `repository` holds. */
export function membersOf({ db }: Catalog, repository: string): string[] {
  return db.prepare("SELECT digest FROM members WHERE repository = ?").all(repository)
    .map(({ digest }) => String(digest));
}

/**
 * Repositories of `registry`, as `docker/library/alpine`. In ASCII `0` follows `/`, so that they are
 * a range.
 */
export function repositoriesOf({ db }: Catalog, registry: string): string[] {
  return db.prepare(
    `SELECT DISTINCT repository FROM members WHERE repository >= ? || '/' AND repository < ? || '0'
     UNION SELECT DISTINCT registry || '/' || repository FROM tags WHERE registry = ?`,
  ).all(registry, registry, registry).map(({ repository }) => String(repository));
}

/** The tags of `repository` (`docker/library/alpine`), or just `tag`, with what they point to. */
export function tagsIn({ db }: Catalog, repository: string, tag?: string): Tagged[] {
  const slash = repository.indexOf("/");
  return db.prepare(
    `SELECT registry, repository, tag, digest FROM tags
     WHERE registry = ? AND repository = ? AND (? IS NULL OR tag = ?)`,
  ).all(repository.slice(0, slash), repository.slice(slash + 1), tag ?? null, tag ?? null)
    .map(tagged);
}

/** Different tags that point to any of `digests`. */
export function* tagsOn({ db }: Catalog, digests: readonly string[]): Iterable<TagName> {
  const rows = db.prepare(
    `SELECT DISTINCT registry, repository, tag FROM tags
     WHERE digest IN (SELECT value FROM json_each(?))`,
  ).iterate(JSON.stringify(digests));
  for (const row of rows) yield tagNameOf(row);
}

/** Every tag with what it points to, once for each digest that it stands for. */
export function* allTags({ db }: Catalog): Iterable<Tagged> {
  const rows = db.prepare("SELECT registry, repository, tag, digest FROM tags").iterate();
  for (const row of rows) yield tagged(row);
}

function tagged(row: Record<string, unknown>): Tagged {
  return { ...tagNameOf(row), digest: String(row.digest) };
}
