/** A made-up image, for its page. */
import type { CacheGrowth } from "../../../ui/api/schema/cache.ts";
import type { ImageConfig, ImageDetails } from "../../../ui/api/schema/image.ts";
import { LAYER, manifestOf } from "./cache.ts";
import { DAY, digestOf, GIB, HOUR, MIB } from "./world.ts";

export function imageOf(
  { registry = "", repository = "", reference = "" }: Record<string, string>,
  now: number,
): ImageDetails {
  const digest = digestOf(`${repository}:${reference}`);
  const { manifests, mediaType } = manifestOf(digest, now);
  return {
    registry,
    repository,
    tag: reference,
    digest,
    mediaType,
    kind: "index",
    pinned: false,
    checkedAt: now - HOUR,
    bytes: Math.round(64.2 * MIB),
    hits: 1840,
    lastUsed: now - 40e3,
    page: "https://hub.docker.com/_/alpine",
    platforms: manifests.map(({ digest, platform, cached }, i) => ({
      digest,
      platform,
      cached,
      size: cached ? Math.round(33.5 * MIB) : null,
      layers: cached ? 3 : null,
      cachedBytes: cached ? Math.round((i === 0 ? 33.5 : 28.1) * MIB) : 0,
    })),
    referrers: [
      {
        digest: digestOf("signature"),
        kind: "signature",
        artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json",
        tag: `${digest.replace(":", "-")}.sig`,
        subject: digest,
        size: 842,
        cached: true,
      },
      {
        digest: digestOf("provenance"),
        kind: "attestation",
        artifactType: "",
        tag: "",
        subject: manifests[0]?.digest ?? digest,
        size: 566,
        cached: false,
      },
    ],
  };
}

const COMMANDS = [
  "ADD alpine-minirootfs-3.22.1-x86_64.tar.gz / # buildkit",
  'CMD ["/bin/sh"]',
  "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "RUN /bin/sh -c set -eux; apk add --no-cache ca-certificates curl tzdata; rm -rf /var/cache/apk/*; addgroup -S app && adduser -S app -G app # buildkit",
  "COPY --chown=app:app dist /srv/app # buildkit",
  'ENTRYPOINT ["/srv/app/server"]',
];

export function configOf(digest: string, now: number): ImageConfig {
  const layers = [28.1, 4.3, 1.1].map((size) => ({
    digest: digestOf(`${digest} layer ${size}`),
    mediaType: LAYER,
    size: Math.round(size * MIB),
    total: Math.round(size * MIB),
    platform: "",
    cached: size > 2,
    hits: 3,
    lastUsed: now,
  }));
  return {
    digest,
    artifactType: "",
    config: null,
    state: "read",
    parsed: {
      platform: "linux/amd64",
      created: now - 12 * DAY,
      author: "",
      user: "app",
      workingDir: "/srv/app",
      entrypoint: ["/srv/app/server"],
      cmd: ["--listen", ":8080"],
      stopSignal: "SIGTERM",
      ports: ["8080/tcp"],
      volumes: [],
      env: ["PATH", "TZ", "APP_HOME"],
      labels: [
        { name: "org.opencontainers.image.source", value: "https://github.com/acme/app" },
        { name: "org.opencontainers.image.title", value: "<b>App</b> of the platform team" },
      ],
    },
    annotations: [{ name: "org.opencontainers.image.version", value: "3.22.1" }],
    history: COMMANDS.map((command, i) => ({
      command,
      comment: "buildkit.dockerfile.v0",
      created: now - 12 * DAY,
      layer: [0, 3, 4].includes(i) ? layers[[0, 3, 4].indexOf(i)]! : null,
    })),
    layers,
  };
}

/** A cache that has grown for three weeks, with a day on which Berth did not run. */
export function growthAt(now: number): CacheGrowth {
  const today = Math.floor(now / DAY) * DAY;
  return {
    samples: Array.from({ length: 21 }, (_, i) => ({
      time: today - (20 - i) * DAY,
      bytes: Math.round((8 + i * 0.48 + (i % 3) * 0.2) * GIB),
    })).filter((_, i) => i !== 9),
    bytesPerDay: Math.round(0.48 * GIB),
    daysUntilFull: 29.2,
    evictedAfterMs: 9 * DAY,
  };
}
