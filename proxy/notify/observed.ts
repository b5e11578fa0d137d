/** What passes through, as happenings: tags that moved, requests that were denied, evictions by hand. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { Clock } from "../../base/clock.ts";
import { formatSize } from "../../base/units.ts";
import type { CacheEvent, Evicted } from "../../cache/events.ts";
import type { TagName } from "../../cache/types.ts";
import type { RequestRecord } from "../observe/record.ts";
import { happened, type Happening } from "./happening.ts";

/** The same is told once in this time: a client that is denied tries again and again. */
const AGAIN_AFTER = 10 * 60_000;
/** Evictions that follow each other are told of together. */
const GATHER = 1_000;
const MOST_TOLD = 20;
const MOST_REMEMBERED = 10_000;

interface ObservedOptions {
  clock: Clock;
  send(happening: Happening): void;
}

export class Observed {
  readonly #options: ObservedOptions;
  readonly #told: LRUCache<string, true>;
  #evicted: { digests: string[]; count: number; bytes: number } | undefined;
  #cancel = () => {};

  constructor(options: ObservedOptions) {
    this.#options = options;
    const perf = { now: options.clock.now };
    this.#told = new LRUCache({
      ...atMost(MOST_REMEMBERED),
      ttl: AGAIN_AFTER,
      ttlResolution: 0,
      perf,
    });
  }

  /** Hand this to the cache's `onEvent`. */
  readonly onCacheEvent = (event: CacheEvent): void => {
    if (event.kind === "tag-moved") this.#moved(event);
    else if (event.kind === "evicted" && event.reason === "asked") this.#gather(event);
  };

  /** Learns of requests that were denied here; what a registry denies is no news of ours. */
  readonly onRecord = (record: RequestRecord): void => {
    if (record.error !== "DENIED" || record.upstreamStatus >= 400) return;
    const { client, user, registry, repository, message, method } = record;
    this.#once(`denied:${registry}/${repository}:${user || client}`, (id) => ({
      event: "denied",
      id,
      severity: "warning",
      title: `${user ? `${user} (${client})` : client} was denied ${repository || "a request"}`,
      detail: message,
      registry,
      data: { client, user, repository, method },
    }));
  };

  /** A tag has moved to `digest`, which waits until then (Unix ms). */
  readonly onHeld = (name: TagName, digest: string, until: number): void => {
    const { registry, repository, tag } = name;
    const id = `held:${registry}/${repository}:${tag}`;
    this.#once(`${id}@${digest}`, () => ({
      event: "held",
      id,
      severity: "warning",
      title: `${registry}/${repository}:${tag} has moved, and is held back`,
      detail: `To ${digest}, which is given out from ${new Date(until).toISOString()} on.`,
      registry,
      data: { repository, tag, digest, until },
    }));
  };

  /** Tells nothing more. */
  close(): void {
    this.#cancel();
  }

  #moved({ key, from, to }: Extract<CacheEvent, { kind: "tag-moved" }>): void {
    const { registry, repository, tag } = key;
    // Clients that accept different forms of an image each learn of it.
    const id = `tag-moved:${registry}/${repository}:${tag}`;
    this.#once(`${id}@${to}`, () => ({
      event: "tag-moved",
      id,
      title: `${registry}/${repository}:${tag} has moved`,
      detail: `From ${from} to ${to}.`,
      registry,
      data: { repository, tag, from, to },
    }));
  }

  #gather({ digest, size }: Evicted): void {
    if (!this.#evicted) {
      this.#evicted = { digests: [], count: 0, bytes: 0 };
      this.#cancel = this.#options.clock.after(GATHER, () => this.#tellEvicted());
    }
    const { digests } = this.#evicted;
    if (digests.length < MOST_TOLD) digests.push(digest);
    this.#evicted.count++;
    this.#evicted.bytes += size;
  }

  #tellEvicted(): void {
    const { digests, count, bytes } = this.#evicted!;
    this.#evicted = undefined;
    const what = count === 1 ? "1 digest" : `${count} digests`;
    this.#options.send(happened({
      event: "evicted",
      id: "evicted",
      title: `${what} evicted by hand, ${formatSize(bytes)} freed`,
      data: { count, bytes, digests },
    }, this.#options.clock.now()));
  }

  #once(key: string, what: (key: string) => Parameters<typeof happened>[0]): void {
    if (this.#told.has(key)) return;
    this.#told.set(key, true);
    this.#options.send(happened(what(key), this.#options.clock.now()));
  }
}
