/** Which clients probably go past this mirror. Pure. */
import type { Habits } from "./client_store.ts";

const DAY_MS = 86400e3;
const HOUR_MS = 3600e3;

/** It has pulled on so many days of the last month, and so much. */
const REGULAR_DAYS = 5;
const REGULAR_PULLS = 10;
/** It is silent for so long, and for so many times its usual pause. */
const SILENT_MS = 2 * DAY_MS;
const SILENT_PAUSES = 4;
/** Silence means something while others pull. */
const OTHERS_MS = DAY_MS;

/** It has got so many manifests of so many images, and never asked for a layer. */
const RESOLVED_MANIFESTS = 10;
const RESOLVED_IMAGES = 3;

/** What pulls for running or building; others (Renovate, Keel, scanners) look at tags alone. */
const RUNTIME = /containerd|docker|cri-o|podman|buildah|libpod|containers\/|buildkit|nerdctl/i;

export interface Bypass {
  kind: "silent" | "elsewhere";
  /** In a sentence, with the figures that it was concluded from. */
  reason: string;
}

/**
 * Whether the client with these habits probably bypasses the mirror: one that used to pull regularly
 * and has gone silent while others (seen last at `others`) go on, or one that resolves tags here and
 * fetches layers elsewhere. `images` is how many it pulled from; `now` in Unix milliseconds.
 */
export function bypassOf(
  habits: Omit<Habits, "client" | "user">,
  { now, others, images }: { now: number; others: number; images: number },
): Bypass | undefined {
  const { userAgent, manifests, blobs } = habits;
  if (!RUNTIME.test(userAgent)) return undefined;
  if (manifests >= RESOLVED_MANIFESTS && images >= RESOLVED_IMAGES && blobs === 0) {
    return {
      kind: "elsewhere",
      reason: `It got ${manifests} manifests of ${images} images here in the last month and ` +
        "not one layer: it seems to fetch layers elsewhere.",
    };
  }
  return now - others < OTHERS_MS ? silent(habits, now) : undefined;
}

/** Whether more than its manifests and layers has to be known of a client to tell. */
export function mayFetchElsewhere({ manifests, blobs }: Habits): boolean {
  return blobs === 0 && manifests >= RESOLVED_MANIFESTS;
}

function silent({ days, pulls, first, last }: Omit<Habits, "client" | "user">, now: number) {
  if (days < REGULAR_DAYS || pulls < REGULAR_PULLS) return undefined;
  const pause = (last - first) / (days - 1);
  const silence = now - last;
  if (silence < SILENT_MS || silence < SILENT_PAUSES * pause) return undefined;
  return {
    kind: "silent" as const,
    reason: `It pulled here on ${days} days of the last month, every ${spoken(pause)} or so, ` +
      `and has been silent for ${spoken(silence)} while others go on.`,
  };
}

function spoken(ms: number): string {
  const days = Math.round(ms / DAY_MS);
  if (days >= 2) return `${days} days`;
  const hours = Math.max(1, Math.round(ms / HOUR_MS));
  return hours === 1 ? "hour" : `${hours} hours`;
}
