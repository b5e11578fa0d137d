/** The images in a cache, a row for each tag. */
import type { Cache } from "../cache/api.ts";
import { wideGlobPattern } from "../base/glob.ts";
import { platformsOf } from "../ui/api/views/cache.ts";

/** A tag and what it stands for; a repository of which no tag is known has one row without a tag. */
export interface ImageRow {
  /** `docker/library/alpine` */
  repository: string;
  tag?: string | undefined;
  digest?: string | undefined;
  /** Bytes of what is here. What two images share counts for both. */
  bytes: number;
  hits: number;
  /** Milliseconds since 1970. */
  lastUsed: number;
  pinned: boolean;
  /** When upstream last confirmed the tag, in milliseconds since 1970; 0 where it never did. */
  checkedAt?: number;
  /** Of an index, `linux/amd64`: those whose manifest is here. */
  platforms?: string[];
}

/** More than a cache holds: the lists are read whole. */
const ALL = 1e9;

/**
 * The rows whose `registry/repository:tag` matches the glob `pattern`, in which `*` goes across
 * slashes, or whose repository does where it has no colon.
 */
export async function listImages(cache: Cache, pattern = "*"): Promise<ImageRow[]> {
  const glob = wideGlobPattern(pattern);
  const byTag = pattern.includes(":");
  const [search] = pattern.split(/[*?:]/);
  const rows: ImageRow[] = [];
  for (const { repository, tags, ...held } of cache.repositories({ search, limit: ALL }).items) {
    if (!byTag && !glob.test(repository)) continue;
    if (tags === 0 && !byTag) rows.push({ repository, ...useOf(held), pinned: false });
    if (tags === 0) continue;
    for (const item of cache.listTags(repository, { limit: ALL }).items) {
      const { tag, digest, pinned, checkedAt } = item;
      if (byTag && !glob.test(`${repository}:${tag}`)) continue;
      const platforms = platformsOf(cache, digest);
      rows.push({ repository, tag, digest, ...useOf(item), pinned, checkedAt, platforms });
    }
    // A running server answers others in between.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return rows;
}

function useOf({ bytes, hits, lastUsed }: Pick<ImageRow, "bytes" | "hits" | "lastUsed">) {
  return { bytes, hits, lastUsed };
}

/** `docker/library/alpine:3.20` */
export function nameOf({ repository, tag }: Pick<ImageRow, "repository" | "tag">): string {
  return tag === undefined ? repository : `${repository}:${tag}`;
}
