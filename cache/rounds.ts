/** What is done for a cache every so often, until it is closed. */
import { every } from "../base/clock.ts";
import type { Catalog } from "./catalog/catalog.ts";
import type { CacheListener } from "./events.ts";
import type { CacheOptions } from "./options.ts";
import type { Parts } from "./parts.ts";

/** Milliseconds. */
const FLUSH_EVERY = 1000;
const COLLECT_EVERY = 5000;
const UPKEEP_EVERY = 60e3;
const FORGET_EVERY = 24 * 3600e3;
const KEEP_USES = 400 * FORGET_EVERY;
const KEEP_HISTORY = 366 * FORGET_EVERY;
/** Rows of the history of tags. */
const MOST_HISTORY = 200_000;

interface RoundsOptions {
  parts: Pick<Parts, "evictor" | "scrub" | "blocks" | "garbage">;
  catalog: Catalog;
  /** As they are now. */
  settings: () => Required<CacheOptions>;
  emit: CacheListener;
  signal: AbortSignal;
}

/** Begins them all. Resolves when `signal` is aborted and none is under way. */
export function beginRounds(options: RoundsOptions): Promise<unknown> {
  const { parts: { evictor, scrub, blocks, garbage }, catalog, settings, emit, signal } = options;
  const { clock } = settings();
  const failed = (what: string) => (error: unknown) => emit({ kind: "trouble", what, error });
  const round = (ms: number, what: string, task: () => void | Promise<void>) =>
    every(clock, ms, signal, task, failed(what));
  return Promise.all([
    round(FLUSH_EVERY, "writing last use", () => catalog.flush(clock.now())),
    round(FLUSH_EVERY, "freeing memory", () => blocks.trim()),
    round(UPKEEP_EVERY, "freeing memory", () => blocks.rest()),
    round(COLLECT_EVERY, "collecting garbage", () => garbage.settle(blocks.begun)),
    round(UPKEEP_EVERY, "making room", () => evictor.enforce()),
    round(FORGET_EVERY, "forgetting unused records", () => forget(catalog, settings())),
    scrub.run(signal, failed("verifying content")),
  ]);
}

/** Who holds what has been gone for as long as content may go unused is of no interest any more. */
function forget(catalog: Catalog, { clock, maxAge }: Required<CacheOptions>): void {
  const now = clock.now();
  catalog.images.forget(now - KEEP_USES);
  catalog.history.forget(now - KEEP_HISTORY, MOST_HISTORY);
  if (maxAge > 0) catalog.names.forgetUnused(now - maxAge);
}
