/** The parts of a cache, and how they know of each other. */
import type { BlobStore } from "./blobs/store.ts";
import { Memory } from "./blobs/memory.ts";
import { Garbage } from "../base/garbage.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { Queries } from "./catalog/queries.ts";
import type { DepotKeeper, KeeperOptions } from "./depot/keeper.ts";
import type { CacheListener } from "./events.ts";
import { Committer } from "./fill/commit.ts";
import { Fills } from "./fill/fills.ts";
import type { CacheOptions } from "./options.ts";
import { Blocks } from "./blobs/blocks.ts";
import { Lookup } from "./read/look.ts";
import { Reader } from "./read/read.ts";
import { Evictor } from "./upkeep/evict.ts";
import { Pinned } from "./upkeep/pins.ts";
import { Scrub } from "./upkeep/scrub.ts";

export interface Parts {
  memory: Memory;
  blocks: Blocks;
  garbage: Garbage;
  pinned: Pinned;
  committer: Committer;
  fills: Fills;
  lookup: Lookup;
  reader: Reader;
  evictor: Evictor;
  scrub: Scrub;
  queries: Queries;
  depot: DepotKeeper | undefined;
  /** Makes room behind the scenes where the limits are passed. */
  enforce: () => void;
}

export interface PartsOptions {
  /** As they are now. */
  settings: () => Required<CacheOptions>;
  emit: CacheListener;
  /** Makes the keeper of the depot, where there is one. */
  keepDepot: ((options: Omit<KeeperOptions, "duty">) => DepotKeeper) | undefined;
}

/**
 * Half of the memory is for small content, half for what is being read and fetched of large content:
 * however many pull large blobs, manifests stay.
 */
export function shareOf(memory: number): number {
  return Math.floor(memory / 2);
}

function memories(bytes: number): Pick<Parts, "memory" | "blocks" | "garbage"> {
  const garbage = new Garbage();
  const memory = new Memory(shareOf(bytes));
  const blocks: Blocks = new Blocks(
    shareOf(bytes),
    () => garbage.press(blocks.size + memory.size),
  );
  return { memory, blocks, garbage };
}

/** Puts the parts of a cache together that keeps its blobs in `store` and its rows in `catalog`. */
export function assemble(store: BlobStore, catalog: Catalog, options: PartsOptions): Parts {
  const { settings, emit, keepDepot } = options;
  const { clock, courses, shared } = settings();
  if (shared) catalog.share();
  const trouble = (what: string, error: unknown) => emit({ kind: "trouble", what, error });
  const { memory, blocks, garbage } = memories(settings().memory);
  const pinned = new Pinned(catalog, settings().pin);
  const enforce = () => {
    evictor.enforce().catch((error) => trouble("making room", error));
  };
  const held = { memory, blocks };
  const common = { clock, catalog, store, emit, ...held, pinned: () => pinned.digests() };
  const depot = keepDepot?.({ ...common, limits: () => settings().depotLimits });
  const committer = new Committer({
    ...common,
    grown: enforce,
    placed: (digest) => depot?.stored(digest),
  });
  const fills: Fills = new Fills({
    clock,
    emit,
    courses: depot?.courses(courses) ?? courses,
    trouble: (error) => trouble("ending a fill", error),
    deps: () => ({ ...settings(), store, blocks, makeRoom: (bytes) => evictor.makeRoom(bytes) }),
    stored: (digest, content, holders) => committer.stored(digest, content, holders),
  });
  const lookup = new Lookup({
    ...common,
    filling: (digest) => fills.repositories(digest),
    arrived: (digest) => fills.arrived(digest),
    depot: (digest) => depot?.holds(digest),
  });
  const reader = new Reader({
    ...common,
    verifyEvery: () => settings().verifyEvery,
    fill: (digest, source, fill) => fills.fill(digest, source, fill),
  });
  const evictor = new Evictor({
    ...common,
    limits: settings,
    busy: (digest) => fills.has(digest) || reader.reads(digest),
    pendingBytes: () => fills.pendingBytes,
    forget: (digest) => [memory, blocks].forEach((one) => one.delete(digest)),
    asked: (digest) => depot?.remove(digest),
  });
  const scrub = new Scrub({
    ...common,
    damaged: (digest, error) => reader.damaged(digest, error),
    rate: () => settings().scrubRate,
    verifyEvery: () => settings().verifyEvery,
  });
  const queries = new Queries(catalog, () => pinned.digests(), () => clock.now());
  const parts = { ...held, pinned, committer, fills, lookup, reader, evictor, scrub, queries };
  return { ...parts, garbage, depot, enforce };
}
