/** Pulls through a real proxy and cache, from a fake registry called `hub`, for tests. */
import type { Cache, Usage } from "../../../cache/api.ts";
import type { CacheOptions } from "../../../cache/options.ts";
import type { ImageProgress, Wanted } from "../../../proxy/ahead/progress.ts";
import type { ProxyParts } from "../../../proxy/app.ts";
import { Pulls, type PullsParts } from "../../../proxy/ahead/pulls.ts";
import { type Begun, NO_PULLS, type PullStore } from "../../../proxy/ahead/store.ts";
import { registryMap } from "../../../proxy/names/target.ts";
import { QuotaBook } from "../../../proxy/upstream/quota.ts";
import { type CachedPair, cachedPair } from "../../fake/pair.ts";
import type { FakeRegistryOptions } from "../../fake/registry.ts";
import { FakeClock } from "../../fake/clock.ts";

export interface Ahead extends CachedPair {
  pulls: Pulls;
  clock: FakeClock;
  quota: QuotaBook;
  /** Images that are over, in their order. */
  over: ImageProgress[];
  /** Begins a pull and waits for its end. */
  pull(wanted: Partial<Wanted>): ReturnType<Pulls["start"]> extends infer P ? Promise<P> : never;
}

export const NOTHING: Wanted = { images: [], platforms: [], allPlatforms: false, referrers: false };

/** A store in memory. */
export function memoryStore(begun: Begun[] = []): PullStore & { kept: readonly Begun[] } {
  const store = {
    kept: begun as readonly Begun[],
    read: () => Promise.resolve([...begun]),
    write: (pulls: readonly Begun[]) => Promise.resolve(void (store.kept = pulls)),
  };
  return store;
}

export async function ahead(
  registry: FakeRegistryOptions,
  { settings = {}, hub = {}, usage, store = NO_PULLS, cacheOptions = {}, parts }: {
    settings?: Record<string, unknown>;
    hub?: Record<string, unknown>;
    usage?: (usage: Usage) => Usage;
    store?: PullStore;
    cacheOptions?: Partial<CacheOptions>;
    parts?: (clock: FakeClock) => Partial<ProxyParts>;
  } = {},
): Promise<Ahead> {
  await using stack = new AsyncDisposableStack();
  const clock = new FakeClock();
  const quota = new QuotaBook();
  const pair = stack.use(
    await cachedPair(
      { registry, settings, hub, parts: parts?.(clock) ?? {} },
      cacheOptions,
    ),
  );
  const over: ImageProgress[] = [];
  const pulls = new Pulls(
    {
      async handle(request, caller) {
        const response = await pair.proxy.handler(request, caller);
        // What the upstream clients of a server tell the book.
        if (response.status === 429) quota.observe("hub", response.headers, 429, clock.now());
        return response;
      },
      cache: usage ? withUsage(pair.cache, usage) : pair.cache,
      map: () => registryMap(pair.proxy.config),
      clock,
      store,
      closedUntil: (...asked) => quota.closedUntil(...asked),
      platform: "linux/amd64",
      imageOver: (image) => over.push(image),
      warn: () => {},
    } satisfies PullsParts,
  );
  stack.defer(() => pulls.close());
  const owned = stack.move();
  return Object.assign(pair, {
    pulls,
    clock,
    quota,
    over,
    async pull(wanted: Partial<Wanted>) {
      const pull = pulls.start({ ...NOTHING, ...wanted }, { by: "ann" });
      await pulls.over(pull.id);
      return pull;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  });
}

function withUsage(cache: Cache, change: (usage: Usage) => Usage): PullsParts["cache"] {
  return {
    look: cache.look.bind(cache),
    holding: cache.holding.bind(cache),
    fills: cache.fills.bind(cache),
    usage: async () => change(await cache.usage()),
  };
}
