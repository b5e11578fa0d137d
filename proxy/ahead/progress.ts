/** What is known of a pull while it runs and after it: plain values, fit for JSON. */

/** `here`: was in the cache already; `came`: was fetched, by this pull or with a client. */
type PartState = "waiting" | "running" | "here" | "came" | "failed";

export type PartKind = "index" | "manifest" | "config" | "layer" | "referrer";

/** One manifest or blob of an image. Sizes in bytes. */
export interface Part {
  digest: string;
  kind: PartKind;
  /** `linux/arm64/v8`; empty where it belongs to none. */
  platform: string;
  size: number;
  received: number;
  state: PartState;
  /** Why it failed; empty where it has not. */
  error: string;
}

/** `held`: waits for the registry's quota. */
type ImageState = "waiting" | "running" | "held" | "done" | "failed" | "cancelled";

/** One image of a pull. */
export interface ImageProgress {
  /** `docker/library/nginx:1.27` */
  image: string;
  registry: string;
  state: ImageState;
  /** What its tag stands for; empty until that is known. */
  digest: string;
  /** The platforms that are fetched. */
  platforms: string[];
  /** Those that were wanted and that the image does not have. */
  lacking: string[];
  parts: Part[];
  /** Why it failed or waits; empty where it does neither. */
  error: string;
  /** Unix milliseconds until which it waits for quota. */
  until: number | null;
}

/** What a pull is to fetch. */
export interface Wanted {
  /** As in a pull, or as the cache lists them. */
  images: string[];
  /** Empty: those of the registry, and Berth's own where it states none. */
  platforms: string[];
  allPlatforms: boolean;
  /** Signatures, attestations and SBOMs too. */
  referrers: boolean;
}

export type PullState = "running" | "done" | "failed" | "cancelled";

/** A pull: what it is for, how far it is, and how it ended. Times are Unix milliseconds. */
export interface Pull {
  id: string;
  wanted: Wanted;
  /** Who asked for it: a person's name, `command line`, or the name of a rule. */
  by: string;
  startedAt: number;
  endedAt: number | null;
  state: PullState;
  images: ImageProgress[];
}

/** Sums of parts. */
export interface Sums {
  parts: number;
  bytes: number;
}

/** What was here and what came, of `parts`; of what is on its way, the bytes so far. */
export function sumsOf(parts: readonly Part[]): { here: Sums; came: Sums; left: Sums } {
  const sums = { here: { parts: 0, bytes: 0 }, came: zero(), left: zero() };
  for (const { state, size, received } of parts) {
    if (state === "here") add(sums.here, 1, size);
    else if (state === "came") add(sums.came, 1, received);
    else {
      add(sums.came, 0, received);
      add(sums.left, 1, Math.max(0, size - received));
    }
  }
  return sums;
}

function zero(): Sums {
  return { parts: 0, bytes: 0 };
}

function add(sums: Sums, parts: number, bytes: number): void {
  sums.parts += parts;
  sums.bytes += bytes;
}

/** How a pull of `images` that are over has ended. */
export function endOf(images: readonly ImageProgress[]): PullState {
  if (images.some(({ state }) => state === "cancelled")) return "cancelled";
  return images.some(({ state }) => state === "failed") ? "failed" : "done";
}
