/** Rows of the catalog's tables as the rest of the program knows them. */
import type { StoredObject } from "../change.ts";
import type { Reference } from "../manifest.ts";
import type { BlobInfo, TagKey, TagName, TagRow } from "../types.ts";

/** A blob's row; hits, last use and time of verification are written behind. */
export interface BlobRow extends BlobInfo {}

type Row = Record<string, unknown>;

/** A row of `blobs`. */
export function blobOf(row: Row): BlobRow {
  return {
    digest: String(row.digest),
    size: Number(row.size),
    mediaType: String(row.media_type),
    hits: Number(row.hits),
    lastUsed: Number(row.last_used),
    created: Number(row.created),
    verified: Number(row.verified),
  };
}

/** A row of `depot`. */
export function depotRowOf(row: Row): StoredObject {
  return {
    digest: String(row.digest),
    size: Number(row.size),
    mediaType: String(row.media_type),
    created: Number(row.created),
    lastUsed: Number(row.last_used),
  };
}

/** What a row of `tags` stands for. */
export function tagOf(row: Row): TagRow {
  return {
    digest: String(row.digest),
    mediaType: String(row.media_type),
    size: Number(row.size),
    checkedAt: Number(row.checked_at),
  };
}

/** A row of `refs`. */
export function referenceOf(row: Row): Reference {
  return {
    digest: String(row.child),
    kind: String(row.kind) as Reference["kind"],
    mediaType: String(row.media_type),
    size: Number(row.size),
    platform: String(row.platform),
  };
}

/** The name in a row of `tags`, whatever was accepted. */
export function tagNameOf({ registry, repository, tag }: Row): TagName {
  return { registry: String(registry), repository: String(repository), tag: String(tag) };
}

/** `key` as one string, for maps. */
export function tagId({ registry, repository, tag, accept }: TagKey): string {
  return `${registry}\0${repository}\0${tag}\0${accept}`;
}
