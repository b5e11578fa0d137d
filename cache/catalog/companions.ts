/** What is about an image and lies beside it: signatures, attestations, lists of parts. */
import type { ReferrerItem } from "../listing.ts";
import type { Catalog } from "./catalog.ts";
import { splitRepository } from "./conditions.ts";

/**
 * SQL: whether `tag` is one that clients keep for what is about another digest, which is here:
 * `sha256-<hex>` (distribution spec, "Referrers Tag Schema"), and cosign's `sha256-<hex>.sig`, `.att`
 * and `.sbom`. Without that digest there is no image to show it under.
 */
export const ABOUT_ANOTHER = `(tag GLOB 'sha256-[0-9a-f]*' AND EXISTS (
  SELECT 1 FROM blobs AS subject WHERE subject.digest = 'sha256:' || substr(tag, 8, 64)))`;

/** `sha256-` and 64 digits. */
const TAG_LENGTH = 71;

/**
 * What `repository` (`docker/library/alpine`) is known to have about the manifest `digest`, or about
 * a manifest that it names as an index, each once: what names its subject itself, then what tags
 * name.
 */
export function referrersOf(catalog: Catalog, repository: string, digest: string): ReferrerItem[] {
  const { db } = catalog;
  const manifests = db.prepare(
    "SELECT child, media_type, size FROM refs WHERE parent = ? AND kind = 'manifest'",
  );
  const found = new Map<string, ReferrerItem>();
  const add = (digest: string, about: Pick<ReferrerItem, "subject" | "tag">, said?: Said) => {
    if (found.has(digest)) return;
    const row = catalog.blob(digest);
    const mediaType = row?.mediaType ?? String(said?.media_type ?? "");
    const size = row?.size ?? Number(said?.size ?? 0);
    found.set(digest, { digest, ...about, mediaType, size, stored: row !== undefined });
  };
  const subjects = JSON.stringify([
    digest,
    ...manifests.all(digest).map(({ child }) => String(child)),
  ]);
  for (const { parent, child } of naming(catalog, repository, subjects)) {
    add(String(parent), { subject: String(child), tag: "" });
  }
  for (const { tag, digest } of tagged(catalog, repository, subjects)) {
    const name = String(tag);
    const subject = name.slice(0, TAG_LENGTH).replace("-", ":");
    // GitLab takes such a tag for the digest that it is made of.
    if (digest === subject) continue;
    const listed = name.length === TAG_LENGTH ? manifests.all(String(digest)) : [];
    for (const said of listed) add(String(said.child), { subject, tag: name }, said);
    if (listed.length === 0) add(String(digest), { subject, tag: name });
  }
  return [...found.values()];
}

type Said = Record<string, unknown>;

/** Manifests that are here and name one of `subjects` as theirs. */
function naming({ db }: Catalog, repository: string, subjects: string): Said[] {
  return db.prepare(
    `SELECT parent, child FROM refs
     JOIN members ON members.digest = parent AND members.repository = ?
     JOIN blobs ON blobs.digest = parent
     WHERE kind = 'subject' AND child IN (SELECT value FROM json_each(?))
     ORDER BY blobs.created, parent`,
  ).all(repository, subjects);
}

/** Tags made of the digits of one of `subjects`. */
function tagged({ db }: Catalog, repository: string, subjects: string): Said[] {
  return db.prepare(
    `SELECT DISTINCT tag, digest FROM tags WHERE registry = ? AND repository = ?
     AND substr(tag, 1, ${TAG_LENGTH}) IN (SELECT replace(value, ':', '-') FROM json_each(?))
     ORDER BY tag, digest`,
  ).all(...splitRepository(repository), subjects);
}
