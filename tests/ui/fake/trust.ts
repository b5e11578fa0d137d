/** The past of tags, and decisions about them, of the made-up server. */
import type { DecisionsView, TagPastView } from "../../../ui/api/schema/trust.ts";
import { digestOf } from "./world.ts";

const DAY = 86400e3;
const INDEX = "application/vnd.oci.image.index.v1+json";

export function pastAt(now: number, image: string): TagPastView {
  const past = (name: string, from: number, to: number, whole: boolean) => ({
    digest: digestOf(`${image} ${name}`),
    mediaType: INDEX,
    size: 2100,
    firstSeen: now - from * DAY,
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
