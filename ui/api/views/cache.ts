/** What is kept, as the API tells it. */
import type { Cache } from "../../../cache/api.ts";
import type { BlobListing, ListedBlob, ReferenceItem } from "../../../cache/listing.ts";
import { wideGlobPattern } from "../../../base/glob.ts";
import type {
  Blob,
  CachedImage,
  CachedManifest,
  CachedRegistry,
  CachedTag,
  Content,
} from "../schema/cache.ts";

/** Repositories named with each blob of a list. */
const SHOWN_REPOSITORIES = 5;

/** `docker/library/alpine` in its two parts. */
export function splitRepository(key: string): { registry: string; repository: string } {
  const slash = key.indexOf("/");
  return { registry: key.slice(0, slash), repository: key.slice(slash + 1) };
}

/** Registries of which something is here. */
export function registryViews(cache: Cache): CachedRegistry[] {
  return cache.registries().map((item) => ({ ...item, lastUsed: item.lastUsed || null }));
}

/** A repository; pinned where every tag of it is, those to come as well. */
export function imageViews(
  cache: Cache,
  items: ReturnType<Cache["repositories"]>["items"],
): CachedImage[] {
  const pins = cache.pins().map(({ pattern }) => wideGlobPattern(pattern));
  return items.map(({ repository: key, ...item }) => ({
    ...item,
    ...splitRepository(key),
    lastUsed: item.lastUsed || null,
    pinned: pins.some((pin) => pin.test(`${key}:any tag`)),
  }));
}

/** Tags of the repository `key`, then what is known of it by digest only; as with `Page`. */
export function tagViews(
  cache: Cache,
  key: string,
  { limit, offset }: { limit: number; offset: number },
): { items: CachedTag[]; total: number } {
  const tags = cache.listTags(key, { limit, offset });
  const tagged = tags.items.map((item): CachedTag => ({
    ...item,
    platforms: platformsOf(cache, item.digest),
    checkedAt: item.checkedAt || null,
    lastUsed: item.lastUsed || null,
  }));
  const others = cache.list({
    repository: key,
    untagged: true,
    sort: "used",
    desc: true,
    limit: limit - tagged.length,
    offset: Math.max(0, offset - tags.total),
  });
  const items = [...tagged, ...others.items.map((item) => untaggedView(cache, item))];
  return { items, total: tags.total + others.total };
}

function untaggedView(cache: Cache, manifest: ListedBlob): CachedTag {
  const below = cache.references(manifest.digest).filter(({ stored }) => stored);
  const bytes = below.reduce((sum, { size }) => sum + size, manifest.size);
  return {
    tag: "",
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    platforms: platformsOf(cache, manifest.digest),
    checkedAt: null,
    pinned: manifest.pinned,
    blobs: 1 + below.length,
    bytes,
    hits: manifest.hits,
    lastUsed: manifest.lastUsed || null,
  };
}

/** Platforms of an index whose manifests are here; attestations have none. */
export function platformsOf(cache: Cache, digest: string): string[] {
  return cache.references(digest)
    .filter(({ kind, stored, platform }) => kind === "manifest" && stored && platform !== "")
    .map(({ platform }) => platform)
    .filter((platform) => platform !== "unknown/unknown");
}

/** The manifest or index `digest` opened; undefined where it is not here or is none. */
export function manifestView(cache: Cache, digest: string): CachedManifest | undefined {
  const [found] = cache.list({ digestPrefix: digest, limit: 1 }).items;
  if (!found || (found.kind !== "index" && found.kind !== "manifest")) return undefined;
  const references = cache.references(digest);
  const of = (kind: string) => references.filter((it) => it.kind === kind).map(contentView);
  const [config = null] = of("config");
  return {
    digest: found.digest,
    mediaType: found.mediaType,
    artifactType: config && isArtifact(config.mediaType) ? config.mediaType : "",
    kind: found.kind,
    size: found.size,
    hits: found.hits,
    lastUsed: found.lastUsed || null,
    manifests: of("manifest"),
    config,
    layers: of("layer"),
  };
}

/** Images have configs of known types; anything else names what it is (OCI image manifest). */
export function isArtifact(configType: string): boolean {
  return configType !== "" && !/container\.image|image\.config|oci\.empty/.test(configType);
}

function contentView(
  { digest, mediaType, size, total, platform, stored, ...use }: ReferenceItem,
): Content {
  const { hits, lastUsed } = use;
  return {
    digest,
    mediaType,
    size,
    total,
    platform,
    cached: stored,
    hits,
    lastUsed: lastUsed || null,
  };
}

/** A page of blobs. */
export function blobViews(listing: BlobListing): Blob[] {
  return listing.items.map((item) => ({
    ...blobView(item),
    repositories: item.repositories.slice(0, SHOWN_REPOSITORIES),
  }));
}

/** A blob with all of its repositories. */
export function blobView({ verified, ...blob }: ListedBlob): Blob {
  return { ...blob, verifiedAt: verified || null, repositoryCount: blob.repositories.length };
}
