/** One image, as the API tells it: what is cached of it; nobody is asked for the rest. */
import type { Cache } from "../../../cache/api.ts";
import type { ReferenceItem, ReferrerItem } from "../../../cache/listing.ts";
import type { TagRow } from "../../../cache/types.ts";
import type {
  HistoryStep,
  ImageConfig,
  ImageDetails,
  ImagePlatform,
  Referrer,
} from "../schema/image.ts";
import { isArtifact, manifestView } from "./cache.ts";
import { CONFIG_LIMIT, type ReadConfig, readConfig, readManifest } from "./image_config.ts";

/** Manifests larger than this, in bytes, are not looked into for what they say of themselves. */
const MANIFEST_LIMIT = 2 ** 20;
/** Referrers that are told; more are of no use on a page. */
const MAX_REFERRERS = 200;

/** The image `registry/repository` by a tag or digest. */
interface ImageKey {
  registry: string;
  repository: string;
  reference: string;
}

/** The image that `key` names, of a registry at `url`; undefined where it is not cached. */
export async function imageView(
  cache: Cache,
  { registry, repository, reference }: ImageKey,
  url: string,
): Promise<ImageDetails | undefined> {
  const key = `${registry}/${repository}`;
  const row = reference.includes(":")
    ? undefined
    : best(cache, cache.tags(registry, repository, reference));
  const digest = row?.digest ?? reference;
  if (!row && !cache.linked(key, digest)) return undefined;
  const manifest = manifestView(cache, digest);
  if (!manifest) return undefined;
  const { bytes, hits, lastUsed } = cache.imageHoldings(key, digest, [reference, digest]);
  const named = cache.references(digest);
  const referrers = cache.referrers(key, digest).slice(0, MAX_REFERRERS);
  return {
    registry,
    repository,
    tag: row ? reference : "",
    digest,
    mediaType: manifest.mediaType,
    kind: manifest.kind,
    pinned: cache.stat(digest)?.pinned ?? false,
    checkedAt: row?.checkedAt || null,
    bytes,
    hits,
    lastUsed: lastUsed || row?.checkedAt || null,
    page: pageOf(url, repository),
    platforms: manifest.kind === "index"
      ? named.filter((it) => it.kind === "manifest" && !isAttestation(it))
        .map((it) => platformView(cache, it))
      : [await ownPlatform(cache, digest, named)],
    referrers: [
      ...await Promise.all(referrers.map((item) => referrerView(cache, item))),
      ...named.filter(isAttestation).map((item) => attestationView(item, digest)),
    ],
  };
}

/** What a tag stands for depends on what clients accept: the index, else what was checked last. */
function best(cache: Cache, rows: TagRow[]): TagRow | undefined {
  const isIndex = ({ mediaType }: TagRow) => Number(/index|manifest\.list/.test(mediaType));
  return rows.filter(({ digest }) => cache.stat(digest) !== undefined)
    .sort((a, b) => isIndex(b) - isIndex(a) || b.checkedAt - a.checkedAt)[0];
}

/** BuildKit keeps attestations in the index itself, for a platform that nothing runs on. */
function isAttestation({ kind, platform }: ReferenceItem): boolean {
  return kind === "manifest" && platform === "unknown/unknown";
}

function platformView(cache: Cache, item: ReferenceItem): ImagePlatform {
  const { digest, platform, stored, total } = item;
  const sizes = stored ? sizesOf(cache.references(digest)) : { size: null, layers: null };
  return { digest, platform, cached: stored, ...sizes, cachedBytes: stored ? total : 0 };
}

/** A manifest without an index says its platform in its config. */
async function ownPlatform(
  cache: Cache,
  digest: string,
  named: ReferenceItem[],
): Promise<ImagePlatform> {
  const config = named.find(({ kind }) => kind === "config");
  const bytes = config && !isArtifact(config.mediaType)
    ? await cache.peek(config.digest, CONFIG_LIMIT)
    : undefined;
  return {
    digest,
    platform: bytes ? readConfig(bytes)?.parsed.platform ?? "" : "",
    cached: true,
    ...sizesOf(named),
    cachedBytes: named.reduce((sum, { stored, size }) => sum + (stored ? size : 0), 0),
  };
}

function sizesOf(named: ReferenceItem[]): { size: number; layers: number } {
  const parts = named.filter(({ kind }) => kind === "config" || kind === "layer");
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    layers: parts.filter(({ kind }) => kind === "layer").length,
  };
}

async function referrerView(cache: Cache, item: ReferrerItem): Promise<Referrer> {
  const { digest, subject, tag, size, stored } = item;
  const artifactType = stored ? await artifactTypeOf(cache, digest) : "";
  return {
    digest,
    kind: kindOf(tag, artifactType),
    artifactType,
    tag,
    subject,
    size,
    cached: stored,
  };
}

function attestationView({ digest, size, stored }: ReferenceItem, subject: string): Referrer {
  return { digest, kind: "attestation", artifactType: "", tag: "", subject, size, cached: stored };
}

/** What the manifest calls itself, or its config (OCI image spec, "Guidelines for Artifact Usage"). */
async function artifactTypeOf(cache: Cache, digest: string): Promise<string> {
  const bytes = await cache.peek(digest, MANIFEST_LIMIT);
  const named = cache.references(digest);
  const stated = bytes ? readManifest(bytes).artifactType : "";
  const config = named.find(({ kind }) => kind === "config")?.mediaType ?? "";
  const layer = named.find(({ kind }) => kind === "layer")?.mediaType ?? "";
  return stated || (isArtifact(config) ? config : isKnown(layer) ? layer : "");
}

const KINDS: [pattern: RegExp, kind: Referrer["kind"]][] = [
  [/\.sig$|cosign.*simplesigning|notary.*signature|sigstore\.bundle/, "signature"],
  [/\.att$|in-toto|dsse|slsa/, "attestation"],
  [/\.sbom$|spdx|cyclonedx|syft/, "sbom"],
];

/** Whether the type of a layer tells what the whole is, as with cosign. */
function isKnown(type: string): boolean {
  return KINDS.some(([pattern]) => pattern.test(type));
}

function kindOf(tag: string, artifactType: string): Referrer["kind"] {
  return KINDS.find(([pattern]) => pattern.test(tag) || pattern.test(artifactType))?.[1] ?? "other";
}

/** The page of well-known registries about an image, for people. */
function pageOf(url: string, repository: string): string {
  switch (URL.parse(url)?.host) {
    case "registry-1.docker.io": {
      const [, official] = /^library\/([^/]+)$/.exec(repository) ?? [];
      return `https://hub.docker.com/${official ? `_/${official}` : `r/${repository}`}`;
    }
    case "quay.io":
      return `https://quay.io/repository/${repository}`;
    case "ghcr.io":
      return `https://ghcr.io/${repository}`;
    default:
      return "";
  }
}

/** What the config of the manifest `digest` says; undefined where that is not cached or is none. */
export async function configView(cache: Cache, digest: string): Promise<ImageConfig | undefined> {
  const manifest = manifestView(cache, digest);
  if (!manifest || manifest.kind !== "manifest") return undefined;
  const { config, layers } = manifest;
  const own = await cache.peek(digest, MANIFEST_LIMIT);
  const { artifactType, annotations } = own
    ? readManifest(own)
    : { artifactType: "", annotations: [] };
  const base = {
    digest,
    artifactType: artifactType || manifest.artifactType,
    config,
    annotations,
    layers,
  };
  const without = (state: ImageConfig["state"]) => ({ ...base, state, parsed: null, history: [] });
  if (!config || isArtifact(config.mediaType) || artifactType !== "") return without("none");
  if (config.size > CONFIG_LIMIT) return without("too-large");
  const bytes = config.cached ? await cache.peek(config.digest, CONFIG_LIMIT) : undefined;
  if (!bytes) return without("absent");
  const read = readConfig(bytes);
  if (!read) return without("unreadable");
  return { ...base, state: "read", parsed: read.parsed, history: stepsOf(read, layers) };
}

/** Steps with their layers, in order; none where there are more of the one than of the other. */
function stepsOf({ steps }: ReadConfig, layers: ImageConfig["layers"]): HistoryStep[] {
  if (steps.filter(({ layer }) => layer).length !== layers.length) return [];
  const left = layers.values();
  return steps.map((step) => ({ ...step, layer: step.layer ? left.next().value! : null }));
}
