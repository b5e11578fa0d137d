/** What is chosen in the cache's lists, and what evicting it means, in words. */
import type { EvictionPlan, ImageName, Selection } from "../api/schema/cache.ts";
import { countOf, formatBytes } from "./format.ts";

/** Chosen rows by key. A tag has its repository and name, content without a tag only its digest. */
export type Chosen = ReadonlyMap<string, ImageName | { digest: string }>;

/** `chosen` with `key` added, or removed where it was there. */
export function toggled(
  chosen: Chosen,
  key: string,
  value: ImageName | { digest: string },
): Chosen {
  const next = new Map(chosen);
  if (!next.delete(key)) next.set(key, value);
  return next;
}

/** The request that names what is chosen. */
export function toSelection(chosen: Chosen): Selection {
  const digests: string[] = [];
  const images: ImageName[] = [];
  for (const value of chosen.values()) {
    if ("digest" in value) digests.push(value.digest);
    else images.push(value);
  }
  return { digests, images };
}

/** `2 repositories, 1 tag, 3 digests`. */
export function chosenText(chosen: Chosen): string {
  const values = [...chosen.values()];
  const digests = values.filter((value) => "digest" in value).length;
  const tags = values.filter((value) => "tag" in value && value.tag !== undefined).length;
  const repositories = values.length - digests - tags;
  return [
    repositories > 0 && countOf(repositories, "repository", "repositories"),
    tags > 0 && countOf(tags, "tag"),
    digests > 0 && countOf(digests, "digest"),
  ].filter(Boolean).join(", ");
}

/** What the button says: `Evict 3 digests, 412 MiB`. */
export function evictText(plan: Pick<EvictionPlan, "digests" | "bytes" | "tags">): string {
  if (plan.digests === 0 && plan.tags > 0) return `Forget ${countOf(plan.tags, "tag")}`;
  return `Evict ${countOf(plan.digests, "digest")}, ${formatBytes(plan.bytes)}`;
}

/** What the eviction does and does not, and what happens at the next pull; one sentence each. */
export function consequencesOf(plan: EvictionPlan): string[] {
  const tags = plan.tags > 0 ? `, and ${countOf(plan.tags, "tag")} forgotten` : "";
  const lines = [
    `${countOf(plan.digests, "digest is", "digests are")} deleted${tags}. Frees ${
      formatBytes(plan.bytes)
    }.`,
  ];
  if (plan.sharedDigests > 0) {
    lines.push(
      `${countOf(plan.sharedDigests, "digest is", "digests are")} kept because other images use ${
        plan.sharedDigests === 1 ? "it" : "them"
      } (${formatBytes(plan.sharedBytes)}).`,
    );
  }
  if (plan.inUseDigests > 0) {
    lines.push(
      `${countOf(plan.inUseDigests, "digest is", "digests are")} in use right now and kept.`,
    );
  }
  lines.push(
    "The next pull downloads it from upstream again, and fails if upstream no longer has it or cannot be reached.",
  );
  return lines;
}
