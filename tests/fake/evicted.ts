import type { Evicted } from "../../cache/events.ts";

/** An eviction as the cache tells of it. */
export function evicted(said: Partial<Evicted> = {}): Evicted {
  return {
    kind: "evicted",
    digest: "sha256:ab",
    repository: "docker/app",
    size: 1,
    reason: "size",
    created: 0,
    lastUsed: 0,
    ...said,
  };
}
