/** Lists of what the cache holds: what may be asked for, and what the items say. */
import type { BlobStat } from "./types.ts";

/** Part of a list: `offset` items are passed over, then at most `limit` are given. */
export interface Page {
  limit?: number | undefined;
  offset?: number | undefined;
}

export interface Listing<T> {
  /** How many there are on all pages. */
  total: number;
  items: T[];
}

/** What a blob is: by its media type, or else by what manifests say of it. */
export type BlobKind = "index" | "manifest" | "config" | "layer" | "other";

export interface BlobQuery extends Page {
  /** `sha256:12ab…` or the hexadecimal digits alone. */
  digestPrefix?: string | undefined;
  /** Such a prefix, or part of `registry/repository`. */
  search?: string | undefined;
  registry?: string | undefined;
  /** `docker/library/alpine` */
  repository?: string | undefined;
  /** Part of the media type. */
  mediaType?: string | undefined;
  kind?: BlobKind | undefined;
  /** Only indexes and manifests that no tag of `repository` and nothing else in it leads to; no signatures of what is here. */
  untagged?: boolean | undefined;
  pinned?: boolean | undefined;
  sort?: "size" | "used" | "hits" | "created" | "digest" | undefined;
  desc?: boolean | undefined;
}

export interface ListedBlob extends BlobStat {
  kind: BlobKind;
  repositories: string[];
}

export interface BlobListing extends Listing<ListedBlob> {
  /** Of the blobs on all pages. */
  bytes: number;
}

export interface RepositoryQuery extends Page {
  registry?: string | undefined;
  /** Part of `registry/repository`. */
  search?: string | undefined;
  sort?: "name" | "size" | "used" | "hits" | undefined;
  desc?: boolean | undefined;
}

/**
 * What is here of something that holds content. Bytes that two of them share count for both. Hits and
 * last use are its own: requests for its manifests, hits those that the cache answered.
 */
export interface Holdings {
  blobs: number;
  bytes: number;
  hits: number;
  lastUsed: number;
}

export interface RegistryItem extends Holdings {
  registry: string;
  repositories: number;
  tags: number;
}

export interface RepositoryItem extends Holdings {
  /** `docker/library/alpine` */
  repository: string;
  tags: number;
}

/** A tag, once for each digest that it stands for: what it is depends on what a client accepts. */
export interface TagItem extends Holdings {
  tag: string;
  digest: string;
  mediaType: string;
  checkedAt: number;
  pinned: boolean;
}

/** Something about an image: a signature, an attestation, a list of its parts. */
export interface ReferrerItem {
  digest: string;
  /** What it is about: the image, or the manifest of one of its platforms. */
  subject: string;
  /** The tag that leads to it, `sha256-<hex>.sig`; empty where it names its subject itself. */
  tag: string;
  mediaType: string;
  /** 0 where nobody has said. */
  size: number;
  stored: boolean;
}

/** Something that a manifest names. */
export interface ReferenceItem {
  digest: string;
  kind: string;
  mediaType: string;
  size: number;
  /** Of a manifest that is here, bytes of all that is here of it; else `size`. */
  total: number;
  /** `linux/arm64/v8`; empty where none is stated. */
  platform: string;
  /** Whether it is here; if so, with its use. */
  stored: boolean;
  hits: number;
  lastUsed: number;
}
