/** The past of tags, and decisions about them, of the made-up server. */
import type { DecisionsView, DryRunView, TagPastView } from "../../../ui/api/schema/trust.ts";
import { digestOf } from "./world.ts";

const DAY = 86400e3;
const INDEX = "application/vnd.oci.image.index.v1+json";

export function pastAt(now: number, image: string): TagPastView {
  const past = (name: string, from: number, to: number, whole: boolean) => ({
    digest: digestOf(`${image} ${name}`),
    mediaType: INDEX,
    size: 2100,
    bytes: whole ? 73_400_320 : null,
    platforms: whole ? ["linux/amd64", "linux/arm64/v8"] : [],
    firstSeen: now - from * DAY,
    seenBy: "pull" as const,
    lastSeen: now - to * DAY,
    current: to === 0,
    whole,
    heldUntil: to === 0 ? now + 0.8 * DAY : null,
  });
  const digests = [
    past("new", 0.2, 0, false),
    past("old", 31, 0.2, true),
    past("older", 90, 31, false),
  ];
  return { image, frozen: digests[1]!.digest, digests };
}

export function decisionsAt(now: number): DecisionsView {
  const decided = (image: string, ago: number) => ({
    ...{ image, digest: digestOf(image), by: "ann", at: now - ago * DAY },
  });
  return {
    frozen: [decided("docker/library/nginx:1.27", 0.1), decided("ghcr/acme/app:v1", 12)],
    released: [
      { ...decided("docker/acme/*:*", 1), digest: null },
      decided("quay/prometheus/prometheus:v3.1.0", 3),
    ],
  };
}

/** What two rules would have refused. */
export function dryRunAt(now: number): DryRunView {
  const item = (image: string, pulls: number) => ({
    image,
    ...{ pulls, clients: Math.ceil(pulls / 3), users: ["anna", "ci"], last: now - pulls * 1e6 },
  });
  return {
    from: now - 30 * 86_400_000,
    ...{ pulls: 1204, refused: 37, unknown: 4, left: 0 },
    items: [
      {
        ...item("mcr/windows/nanoserver:ltsc2022", 37),
        ...{ outcome: "refused", rule: "no-windows", reason: "we run no Windows" },
      },
      {
        ...item("docker/library/golang:1.24", 4),
        ...{ outcome: "unknown", rule: "no-windows" },
        reason: "which of its images was pulled is not recorded; 1 of its 3 images that are in " +
          "the cache would be refused",
      },
    ],
  };
}
