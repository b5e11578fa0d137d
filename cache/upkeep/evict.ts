/** Making room: least recently used first, a few at a time, never what is in use or pinned. */
import type { Clock } from "../../base/clock.ts";
import type { CacheListener, EvictionReason } from "../events.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BlobRow } from "../catalog/rows.ts";
import { holdersIn } from "../catalog/relations.ts";
import { leastRecentlyUsed } from "../catalog/use.ts";
import { type DetailedPlan, planEviction } from "./plan.ts";
import type { EvictionPlan, EvictOptions, Selector } from "../eviction.ts";
import type { BlobStore } from "../blobs/store.ts";

export interface Limits {
  /** Bytes that stored blobs may take. */
  maxSize: number;
  /** Bytes of the disk to leave free. */
  minFree: number;
  /** Milliseconds since last use after which content goes; 0: never. */
  maxAge: number;
}

interface EvictorOptions {
  clock: Clock;
  catalog: Catalog;
  store: BlobStore;
  emit: CacheListener;
  limits: () => Limits;
  /** Digests that stay whatever happens. */
  pinned: () => ReadonlySet<string>;
  /** Whether somebody reads or fetches it now. */
  busy: (digest: string) => boolean;
  /** Bytes on their way in, which will count soon. */
  pendingBytes: () => number;
  /** Forgets what memory holds of it. */
  forget: (digest: string) => void;
  /** Somebody wants it to be gone, and not just from this disk. */
  asked: (digest: string) => void;
}

/** What is over its limit is brought down to this part of it, so that eviction is not needed at once again. */
const LOW_WATER = 0.95;
const BATCH = 64;

export class Evictor {
  readonly #options: EvictorOptions;
  #running: Promise<void> | undefined;
  #wanted = false;
  #stopped = false;

  constructor(options: EvictorOptions) {
    this.#options = options;
  }

  /** Enforces the limits as they are now; resolves when they hold as far as possible. */
  enforce(): Promise<void> {
    this.#wanted = true;
    this.#running ??= this.#enforceWhileWanted().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Enforces no more; resolves when nothing is being evicted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => {});
  }

  /** Frees `bytes` beyond what the limits ask for: the disk has refused to take them. */
  async makeRoom(bytes: number): Promise<void> {
    await this.#evictUntil(
      Math.max(bytes, this.#options.limits().maxSize * (1 - LOW_WATER)),
      "disk",
    );
  }

  /** Removes `digest` at once, in use or not; false where it is not here. */
  async remove(digest: string, reason: EvictionReason): Promise<boolean> {
    const { catalog, store, forget, asked, emit } = this.#options;
    const row = catalog.blob(digest);
    if (!row) return false;
    if (reason === "asked") asked(digest);
    const [repository = ""] = holdersIn(catalog).repositories(digest);
    const { size, created, lastUsed } = row;
    const removed = store.remove(digest);
    catalog.removeBlob(digest, reason === "asked");
    forget(digest);
    await removed;
    emit({ kind: "evicted", digest, repository, size, reason, created, lastUsed });
    return true;
  }

  /** What {@linkcode evict} would take now. */
  plan(selector: Selector, options: EvictOptions = {}): EvictionPlan {
    return summary(this.#plan(selector, options));
  }

  #plan(selector: Selector, options: EvictOptions): DetailedPlan {
    const { catalog, busy, clock, store } = this.#options;
    return planEviction(selector, {
      catalog,
      pinned: this.#spared(options),
      busy,
      inUse: (digest) => store.inUse(digest),
      now: clock.now(),
    });
  }

  /** Removes what `selector` means, but for what is spared or in use, and says what that was. */
  async evict(selector: Selector, options: EvictOptions = {}): Promise<EvictionPlan> {
    const { catalog } = this.#options;
    // First: others look for what is meant in rows that are to go with it.
    catalog.tell({ kind: "evict", selector, pinned: options.pinned === true });
    return await this.planned(selector, options)();
  }

  /**
   * As {@linkcode evict} in two steps, the second of which is what it returns: where somebody has asked
   * for it at another cache, the rows that say what is meant may go in between.
   */
  planned(selector: Selector, options: EvictOptions = {}): () => Promise<EvictionPlan> {
    const plan = this.#plan(selector, options);
    return () => this.#carryOut(plan, options);
  }

  async #carryOut(plan: DetailedPlan, options: EvictOptions): Promise<EvictionPlan> {
    const { catalog, store, busy, asked } = this.#options;
    for (const { registry, repository, tag } of plan.tagNames) {
      catalog.names.deleteTag(registry, repository, tag);
    }
    const gone = new Set<string>();
    for (const digest of plan.digests) {
      if (!busy(digest) && !store.inUse(digest) && await this.remove(digest, "asked")) {
        gone.add(digest);
      }
    }
    for (const digest of plan.elsewhere) asked(digest);
    const spared = this.#spared(options);
    const stays = (digest: string) => spared.has(digest) || busy(digest);
    for (const repository of plan.repositories) catalog.names.unlinkRepository(repository, stays);
    return summary(this.#carriedOut(plan, gone));
  }

  /** `plan` as it turned out: what somebody began to read meanwhile is still here. */
  #carriedOut(plan: DetailedPlan, gone: ReadonlySet<string>): DetailedPlan {
    const left = plan.digests.filter((digest) => !gone.has(digest));
    const sizes = left.map((digest) => this.#options.catalog.blob(digest)?.size ?? 0);
    return {
      ...plan,
      digests: [...gone],
      bytes: sizes.reduce((rest, size) => rest - size, plan.bytes),
      inUse: plan.inUse + left.length,
    };
  }

  #spared({ pinned }: EvictOptions): ReadonlySet<string> {
    return pinned ? new Set() : this.#options.pinned();
  }

  async #enforceWhileWanted(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      await this.#enforce();
    }
  }

  async #enforce(): Promise<void> {
    const { catalog, clock, store, limits, pendingBytes } = this.#options;
    catalog.flush(clock.now());
    const { maxSize, minFree, maxAge } = limits();
    if (maxAge > 0) await this.#evictUntil(Infinity, "age", clock.now() - maxAge);
    const total = catalog.totals.bytes + pendingBytes();
    if (total > maxSize) await this.#evictUntil(total - maxSize * LOW_WATER, "size");
    const { free } = await store.space();
    if (free < minFree) await this.#evictUntil(minFree / LOW_WATER - free, "disk");
  }

  /** Evicts the least recently used until `bytes` are free, or nothing used before `usedBefore` is left. */
  async #evictUntil(
    bytes: number,
    reason: EvictionReason,
    usedBefore = Number.MAX_SAFE_INTEGER,
  ): Promise<void> {
    let freed = 0;
    let after = { lastUsed: -1, digest: "" };
    while (freed < bytes && !this.#stopped) {
      const batch = leastRecentlyUsed(this.#options.catalog, after, usedBefore, BATCH);
      const pinned = this.#options.pinned();
      for (const row of batch) {
        after = row;
        if (freed >= bytes || this.#stopped) return;
        if (!pinned.has(row.digest) && this.#mayGo(row) && await this.remove(row.digest, reason)) {
          freed += row.size;
        }
      }
      if (batch.length < BATCH) return;
    }
  }

  /** The row on disk may be older than what is known of its use. */
  #mayGo({ digest, lastUsed }: BlobRow): boolean {
    const { catalog, busy, store } = this.#options;
    const unused = catalog.blob(digest)?.lastUsed === lastUsed;
    return unused && !busy(digest) && !store.inUse(digest);
  }
}

function summary(
  { tagNames: _, repositories: __, elsewhere: ___, ...plan }: DetailedPlan,
): EvictionPlan {
  return plan;
}
