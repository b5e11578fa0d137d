/** Made-up content of the cache. */
import type { Blob, CachedImage, CachedManifest, CachedTag } from "../../../ui/api/schema/cache.ts";
import { DAY, digestOf, GIB, HOUR, MIB, MINUTE, randomNumbers } from "./world.ts";

export const IMAGES = [
  ["docker", "library/alpine"],
  ["docker", "library/postgres"],
  ["docker", "library/nginx"],
  ["docker", "library/redis"],
  ["docker", "grafana/grafana"],
  ["ghcr", "actions/actions-runner"],
  ["ghcr", "astral-sh/uv"],
  ["quay", "prometheus/prometheus"],
  ["quay", "prometheus/node-exporter"],
  ["k8s", "ingress-nginx/controller"],
  ["k8s", "coredns/coredns"],
  ["harbor", "platform/billing-api"],
] as const;

/** Cached repositories: the ones everybody knows, then as many made-up ones as are asked for. */
export function imagesOf(count: number, now: number): CachedImage[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomNumbers(i + 7);
    const [registry, repository] = IMAGES[i] ??
      (["ghcr", `team-${i % 40}/service-${String(i).padStart(5, "0")}`] as const);
    return {
      registry,
      repository,
      tags: 1 + Math.floor(random() * 9),
      pinned: i === 1,
      blobs: 4 + Math.floor(random() * 60),
      bytes: Math.round(random() ** 2 * 2.4 * GIB) + 3 * MIB,
      hits: Math.floor(random() * 4000),
      lastUsed: now - Math.round(random() ** 3 * 40 * DAY) - i * 20e3,
    };
  });
}

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const CONFIG = "application/vnd.oci.image.config.v1+json";
export const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

export function tagsOf(repository: string, now: number): CachedTag[] {
  return ["latest", "3.22", "3.21.4", ""].map((tag, i) => ({
    tag,
    digest: digestOf(`${repository}:${tag || "old"}`),
    mediaType: INDEX,
    platforms: i === 0 ? ["linux/amd64", "linux/arm64"] : ["linux/amd64"],
    checkedAt: tag ? now - 4 * MINUTE : null,
    pinned: i === 1,
    blobs: 6 - i,
    bytes: Math.round((92 - i * 17) * MIB),
    hits: 1840 >> i,
    lastUsed: now - i * 3 * DAY - 40e3,
  }));
}

/** An index for digests of tags, a manifest for what an index names. */
export function manifestOf(digest: string, now: number): CachedManifest {
  const nested = NESTED.has(digest);
  const content = (mediaType: string, size: number, platform = "", cached = true) => ({
    digest: digestOf(`${digest} ${mediaType} ${size} ${platform}`),
    mediaType,
    size,
    total: mediaType === MANIFEST && cached ? size + Math.round(31.5 * MIB) : size,
    platform,
    cached,
    hits: cached ? 212 : 0,
    lastUsed: cached ? now - 3 * MINUTE : null,
  });
  const manifests = nested ? [] : [
    content(MANIFEST, 1472, "linux/amd64"),
    content(MANIFEST, 1472, "linux/arm64/v8"),
    content(MANIFEST, 1472, "linux/ppc64le", false),
  ];
  for (const manifest of manifests) NESTED.add(manifest.digest);
  return {
    digest,
    mediaType: nested ? MANIFEST : INDEX,
    artifactType: "",
    kind: nested ? "manifest" : "index",
    size: nested ? 1472 : 9218,
    hits: 212,
    lastUsed: now - 3 * MINUTE,
    manifests,
    config: nested ? content(CONFIG, 8121) : null,
    layers: nested
      ? [content(LAYER, 28.1 * MIB), content(LAYER, 4.3 * MIB), content(LAYER, 1.1 * MIB)]
        .map((layer) => ({ ...layer, size: Math.round(layer.size), total: Math.round(layer.size) }))
      : [],
  };
}
const NESTED = new Set<string>();

const KINDS = [
  ["layer", LAYER],
  ["layer", LAYER],
  ["layer", "application/vnd.docker.image.rootfs.diff.tar.gzip"],
  ["config", CONFIG],
  ["manifest", MANIFEST],
  ["index", INDEX],
] as const;

export function blobsOf(count: number, now: number): Blob[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomNumbers(i + 99);
    const [kind, mediaType] = KINDS[i % KINDS.length]!;
    const [registry, repository] = IMAGES[Math.floor(random() * IMAGES.length)]!;
    const users = random() < 0.2 ? 3 : 1;
    return {
      digest: digestOf(`blob ${i}`),
      size: kind === "layer"
        ? Math.round(random() ** 2 * 380 * MIB)
        : 800 + Math.round(random() * 9000),
      mediaType,
      kind,
      hits: Math.floor(random() ** 3 * 5000),
      created: now - Math.round(random() * 60 * DAY) - 2 * DAY,
      lastUsed: now - Math.round(random() ** 3 * 40 * DAY) - i * 9e3,
      verifiedAt: i % 3 === 0 ? now - 7 * HOUR : null,
      pinned: i % 17 === 3,
      repositories: [`${registry}/${repository}`, "docker/library/debian", "ghcr/acme/base"].slice(
        0,
        users,
      ),
      repositoryCount: users,
    };
  });
}
